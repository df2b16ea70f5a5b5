// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "./ERC20.sol";

/// A constant-product market of two tokens: x * y never falls, and 0.3 % of what comes in stays.
contract Pair is ERC20 {
    address public factory;
    ERC20 public token0;
    ERC20 public token1;
    uint112 private reserve0;
    uint112 private reserve1;
    uint32 private updatedAt;
    uint256 public price0Cumulative;
    uint256 public price1Cumulative;
    uint256 private locked;

    uint256 private constant MINIMUM_SHARES = 1000;

    event Sync(uint112 reserve0, uint112 reserve1);
    event Mint(address indexed sender, uint256 amount0, uint256 amount1);
    event Burn(address indexed sender, uint256 amount0, uint256 amount1, address indexed to);
    event Swap(
        address indexed sender,
        uint256 amount0In,
        uint256 amount1In,
        uint256 amount0Out,
        uint256 amount1Out,
        address indexed to
    );

    error Locked();
    error NotFactory();
    error NothingOut();
    error NothingIn();
    error Drained();
    error Product();
    error Overflow();
    error NoShares();

    modifier lock() {
        if (locked == 2) revert Locked();
        locked = 2;
        _;
        locked = 1;
    }

    constructor() {
        factory = msg.sender;
        locked = 1;
    }

    function initialize(ERC20 token0_, ERC20 token1_) external {
        if (msg.sender != factory) revert NotFactory();
        token0 = token0_;
        token1 = token1_;
    }

    function reserves() public view returns (uint112, uint112, uint32) {
        return (reserve0, reserve1, updatedAt);
    }

    /// Shares for what has been sent to the pair since it last looked.
    function mint(address to) external lock returns (uint256 shares) {
        (uint112 before0, uint112 before1, ) = reserves();
        uint256 balance0 = token0.balanceOf(address(this));
        uint256 balance1 = token1.balanceOf(address(this));
        uint256 amount0 = balance0 - before0;
        uint256 amount1 = balance1 - before1;
        uint256 supply = totalSupply;
        if (supply == 0) {
            shares = _root(amount0 * amount1) - MINIMUM_SHARES;
            _mint(address(0), MINIMUM_SHARES);
        } else {
            uint256 by0 = (amount0 * supply) / before0;
            uint256 by1 = (amount1 * supply) / before1;
            shares = by0 < by1 ? by0 : by1;
        }
        if (shares == 0) revert NoShares();
        _mint(to, shares);
        _update(balance0, balance1, before0, before1);
        emit Mint(msg.sender, amount0, amount1);
    }

    /// Both tokens for the shares that have been sent to the pair.
    function burn(address to) external lock returns (uint256 amount0, uint256 amount1) {
        (uint112 before0, uint112 before1, ) = reserves();
        uint256 shares = balanceOf[address(this)];
        uint256 supply = totalSupply;
        amount0 = (shares * token0.balanceOf(address(this))) / supply;
        amount1 = (shares * token1.balanceOf(address(this))) / supply;
        if (amount0 == 0 || amount1 == 0) revert NoShares();
        _burn(address(this), shares);
        token0.transfer(to, amount0);
        token1.transfer(to, amount1);
        _update(token0.balanceOf(address(this)), token1.balanceOf(address(this)), before0, before1);
        emit Burn(msg.sender, amount0, amount1, to);
    }

    /// Pays out first and then looks whether enough has come in.
    function swap(uint256 out0, uint256 out1, address to) external lock {
        if (out0 == 0 && out1 == 0) revert NothingOut();
        (uint112 before0, uint112 before1, ) = reserves();
        if (out0 >= before0 || out1 >= before1) revert Drained();
        if (out0 > 0) token0.transfer(to, out0);
        if (out1 > 0) token1.transfer(to, out1);
        uint256 balance0 = token0.balanceOf(address(this));
        uint256 balance1 = token1.balanceOf(address(this));
        uint256 in0 = balance0 > before0 - out0 ? balance0 - (before0 - out0) : 0;
        uint256 in1 = balance1 > before1 - out1 ? balance1 - (before1 - out1) : 0;
        if (in0 == 0 && in1 == 0) revert NothingIn();
        uint256 after0 = balance0 * 1000 - in0 * 3;
        uint256 after1 = balance1 * 1000 - in1 * 3;
        if (after0 * after1 < uint256(before0) * before1 * 1_000_000) revert Product();
        _update(balance0, balance1, before0, before1);
        emit Swap(msg.sender, in0, in1, out0, out1, to);
    }

    function _update(uint256 balance0, uint256 balance1, uint112 before0, uint112 before1) private {
        if (balance0 > type(uint112).max || balance1 > type(uint112).max) revert Overflow();
        uint32 time = uint32(block.timestamp);
        unchecked {
            uint32 elapsed = time - updatedAt;
            if (elapsed > 0 && before0 != 0 && before1 != 0) {
                price0Cumulative += ((uint256(before1) << 112) / before0) * elapsed;
                price1Cumulative += ((uint256(before0) << 112) / before1) * elapsed;
            }
        }
        reserve0 = uint112(balance0);
        reserve1 = uint112(balance1);
        updatedAt = time;
        emit Sync(uint112(balance0), uint112(balance1));
    }

    /// Integer square root by Newton's method.
    function _root(uint256 x) private pure returns (uint256 y) {
        if (x == 0) return 0;
        y = x;
        uint256 next = x / 2 + 1;
        while (next < y) {
            y = next;
            next = (x / next + next) / 2;
        }
    }
}
