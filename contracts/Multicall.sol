// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

struct Call {
    address target;
    uint256 value;
    bytes data;
}

/// Several calls in one transaction; where failures are allowed, they leave the others alone.
contract Multicall {
    uint256 public failures;

    error CallFailed(uint256 index, bytes reason);

    function aggregate(Call[] calldata calls, bool allowFailure) external payable returns (bytes[] memory results) {
        results = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; i++) {
            (bool ok, bytes memory result) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            if (!ok) {
                if (!allowFailure) revert CallFailed(i, result);
                failures++;
            }
            results[i] = result;
        }
    }
}
