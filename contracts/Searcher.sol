// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Pair} from "./Pair.sol";

/// Races for opportunities and pays the block's beneficiary for winning; losers revert.
contract Searcher {
    mapping(bytes32 opportunity => address) public winner;
    uint256 public seen;

    event Captured(bytes32 indexed opportunity, address indexed by, uint256 tip, uint256 beneficiary);

    error Late(address winner);
    error Refused();

    /// The first wins; its value goes to the beneficiary, whose balance then is noted.
    function capture(bytes32 opportunity) external payable {
        if (winner[opportunity] != address(0)) revert Late(winner[opportunity]);
        winner[opportunity] = msg.sender;
        (bool ok, ) = block.coinbase.call{value: msg.value}("");
        if (!ok) revert Refused();
        seen = block.coinbase.balance;
        emit Captured(opportunity, msg.sender, msg.value, seen);
    }

    /// Tips in proportion to how far a pair's reserves have drifted apart, and gives the rest back.
    function watch(Pair pair) external payable returns (uint256 tip) {
        (uint112 reserve0, uint112 reserve1, ) = pair.reserves();
        uint256 gap = reserve0 > reserve1 ? reserve0 - reserve1 : reserve1 - reserve0;
        tip = (msg.value * gap) / (uint256(reserve0) + reserve1);
        (bool ok, ) = block.coinbase.call{value: tip}("");
        if (!ok) revert Refused();
        (ok, ) = msg.sender.call{value: msg.value - tip}("");
        if (!ok) revert Refused();
    }
}
