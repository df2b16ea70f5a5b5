// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "./ERC20.sol";

/// Tokens for many: pushed to a list, or claimed, with one bit for each claim and so 256 claims to a slot.
contract Airdrop {
    ERC20 public immutable token;
    uint256 public immutable share;
    mapping(uint256 word => uint256) public claimed;

    event Claimed(uint256 indexed index, address indexed account);

    error AlreadyClaimed(uint256 index);

    constructor(ERC20 token_, uint256 share_) {
        token = token_;
        share = share_;
    }

    function distribute(address[] calldata to, uint256 amount) external {
        for (uint256 i = 0; i < to.length; i++) token.transfer(to[i], amount);
    }

    function claim(uint256 index) external {
        uint256 bit = 1 << (index & 255);
        uint256 word = claimed[index >> 8];
        if (word & bit != 0) revert AlreadyClaimed(index);
        claimed[index >> 8] = word | bit;
        token.transfer(msg.sender, share);
        emit Claimed(index, msg.sender);
    }
}
