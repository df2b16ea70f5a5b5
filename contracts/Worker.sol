// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Much work for little state: hashes in a row between a read and a write of one slot.
contract Worker {
    mapping(uint256 slot => uint256) public value;

    function work(uint256 slot, uint256 rounds) external {
        uint256 x = value[slot];
        for (uint256 i = 0; i < rounds; i++) x = uint256(keccak256(abi.encode(x, i)));
        value[slot] = x;
    }
}
