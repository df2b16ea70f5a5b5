// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "./ERC20.sol";
import {Pair} from "./Pair.sol";

/// Makes pairs by CREATE2, so that a pair's address follows from its tokens.
contract PairFactory {
    mapping(address => mapping(address => Pair)) public pairOf;
    Pair[] public pairs;

    event PairCreated(address indexed token0, address indexed token1, Pair pair, uint256 count);

    error SameToken();
    error Exists(Pair pair);

    function create(address tokenA, address tokenB) external returns (Pair pair) {
        if (tokenA == tokenB) revert SameToken();
        (address token0, address token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
        if (address(pairOf[token0][token1]) != address(0)) revert Exists(pairOf[token0][token1]);
        pair = new Pair{salt: keccak256(abi.encodePacked(token0, token1))}();
        pair.initialize(ERC20(token0), ERC20(token1));
        pairOf[token0][token1] = pair;
        pairOf[token1][token0] = pair;
        pairs.push(pair);
        emit PairCreated(token0, token1, pair, pairs.length);
    }
}
