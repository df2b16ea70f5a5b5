// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Counts amounts by their number of bits (CLZ, EIP-7939). Osaka.
contract Histogram {
    mapping(uint256 bits => uint256) public count;

    function add(uint256 amount) external {
        uint256 bits;
        assembly ("memory-safe") {
            bits := sub(256, clz(amount))
        }
        count[bits]++;
    }
}
