// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "./ERC20.sol";
import {Pair} from "./Pair.sol";
import {RangePool} from "./RangePool.sol";

/// Trades along paths of pairs, whose addresses it computes (EIP-1014) instead of asking for them.
contract Router {
    address public immutable factory;
    bytes32 public immutable pairCodeHash;

    error Expired(uint256 deadline);
    error TooLittle(uint256 got, uint256 wanted);
    error NoPath();

    constructor(address factory_, bytes32 pairCodeHash_) {
        factory = factory_;
        pairCodeHash = pairCodeHash_;
    }

    function pairFor(address tokenA, address tokenB) public view returns (Pair) {
        (address token0, address token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
        bytes32 salt = keccak256(abi.encodePacked(token0, token1));
        return Pair(address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", factory, salt, pairCodeHash))))));
    }

    /// Sells exactly `amountIn` of the path's first token for at least `least` of its last.
    function swapExactIn(
        uint256 amountIn,
        uint256 least,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external returns (uint256 amount) {
        if (block.timestamp > deadline) revert Expired(deadline);
        if (path.length < 2) revert NoPath();
        Pair pair = pairFor(path[0], path[1]);
        ERC20(path[0]).transferFrom(msg.sender, address(pair), amountIn);
        amount = amountIn;
        for (uint256 i = 1; i < path.length; i++) {
            bool last = i == path.length - 1;
            Pair next = last ? Pair(to) : pairFor(path[i], path[i + 1]);
            amount = _hop(pair, path[i - 1], path[i], address(next));
            pair = next;
        }
        if (amount < least) revert TooLittle(amount, least);
    }

    /// Sells exactly `amountIn` of one of the pool's tokens; both are told by the pool.
    function swapRange(RangePool pool, bool down, uint256 amountIn, uint256 least, address to)
        external
        returns (uint256)
    {
        (down ? pool.token0() : pool.token1()).transferFrom(msg.sender, address(pool), amountIn);
        return pool.swap(down, amountIn, least, to);
    }

    function addLiquidity(address tokenA, address tokenB, uint256 amountA, uint256 amountB, address to)
        external
        returns (uint256)
    {
        Pair pair = pairFor(tokenA, tokenB);
        (uint112 reserve0, uint112 reserve1, ) = pair.reserves();
        if (reserve0 != 0) {
            (uint256 reserveA, uint256 reserveB) = tokenA < tokenB ? (reserve0, reserve1) : (reserve1, reserve0);
            uint256 matching = (amountA * reserveB) / reserveA;
            if (matching <= amountB) amountB = matching;
            else amountA = (amountB * reserveA) / reserveB;
        }
        ERC20(tokenA).transferFrom(msg.sender, address(pair), amountA);
        ERC20(tokenB).transferFrom(msg.sender, address(pair), amountB);
        return pair.mint(to);
    }

    function removeLiquidity(address tokenA, address tokenB, uint256 shares, address to)
        external
        returns (uint256, uint256)
    {
        Pair pair = pairFor(tokenA, tokenB);
        pair.transferFrom(msg.sender, address(pair), shares);
        return pair.burn(to);
    }

    /// What has arrived at the pair counts, not what was sent: a token may keep a fee.
    function _hop(Pair pair, address from, address into, address to) private returns (uint256 out) {
        (uint112 reserve0, uint112 reserve1, ) = pair.reserves();
        bool forward = from < into;
        (uint256 reserveIn, uint256 reserveOut) = forward ? (reserve0, reserve1) : (reserve1, reserve0);
        uint256 arrived = (ERC20(from).balanceOf(address(pair)) - reserveIn) * 997;
        out = (arrived * reserveOut) / (reserveIn * 1000 + arrived);
        pair.swap(forward ? 0 : out, forward ? out : 0, to);
    }
}
