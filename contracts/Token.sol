// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "./ERC20.sol";

/// A plain token. Anyone mints; each mint writes the total supply, which all others read and write too.
contract Token is ERC20 {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// Allowances by signature (EIP-2612, EIP-712).
contract PermitToken is ERC20 {
    mapping(address owner => uint256) public nonces;

    bytes32 private constant DOMAIN = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant NAME = keccak256("Permit Token");

    error Expired(uint256 deadline);
    error WrongSigner(address signer);

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (block.timestamp > deadline) revert Expired(deadline);
        bytes32 domain = keccak256(abi.encode(DOMAIN, NAME, block.chainid, address(this)));
        bytes32 content = keccak256(abi.encode(PERMIT, owner, spender, value, nonces[owner]++, deadline));
        address signer = ecrecover(keccak256(abi.encodePacked(hex"1901", domain, content)), v, r, s);
        if (signer == address(0) || signer != owner) revert WrongSigner(signer);
        _approve(owner, spender, value);
    }
}

/// One hundredth of each transfer goes to the collector, so that all transfers meet in one balance.
contract FeeToken is ERC20 {
    address public collector;

    constructor(address collector_) {
        collector = collector_;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _transfer(address from, address to, uint256 amount) internal override {
        uint256 fee = amount / 100;
        _move(from, collector, fee);
        _move(from, to, amount - fee);
    }
}
