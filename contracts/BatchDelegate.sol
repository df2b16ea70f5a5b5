// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Call} from "./Multicall.sol";

/// Code that accounts delegate to (EIP-7702): batches by the account itself, by sponsors it has admitted,
/// and by anybody who brings its signature.
contract BatchDelegate {
    uint256 public batches;
    mapping(address sponsor => bool) public admitted;

    event Executed(address indexed account, address indexed by, uint256 calls);

    error NotAllowed(address caller);
    error CallFailed(uint256 index, bytes reason);

    function admit(address sponsor, bool yes) external {
        if (msg.sender != address(this)) revert NotAllowed(msg.sender);
        admitted[sponsor] = yes;
    }

    function execute(Call[] calldata calls) external payable {
        if (msg.sender != address(this) && !admitted[msg.sender]) revert NotAllowed(msg.sender);
        batches++;
        _run(calls);
    }

    /// `batches` is the nonce, so that a signature serves once.
    function executeSigned(Call[] calldata calls, uint8 v, bytes32 r, bytes32 s) external payable {
        bytes32 digest = keccak256(abi.encode(block.chainid, address(this), batches++, keccak256(abi.encode(calls))));
        address signer = ecrecover(digest, v, r, s);
        if (signer != address(this)) revert NotAllowed(signer);
        _run(calls);
    }

    function _run(Call[] calldata calls) private {
        for (uint256 i = 0; i < calls.length; i++) {
            (bool ok, bytes memory reason) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            if (!ok) revert CallFailed(i, reason);
        }
        emit Executed(address(this), msg.sender, calls.length);
    }

    receive() external payable {}
}
