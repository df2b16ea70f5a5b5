// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Compiles, but with a warning.
contract Unused {
    function nothing() external pure {
        uint256 unused = 1;
    }
}
