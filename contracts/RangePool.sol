// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "./ERC20.sol";

/// A market with concentrated liquidity. The price axis is cut into ranges: range k reaches from
/// 1.0001^(60 k) to 1.0001^(60 (k + 1)). Liquidity is given between two edges, and a swap walks from
/// range to range. Who swaps pays first: what the pool holds beyond what it knew of counts.
/// Square roots of prices are fixed-point numbers with 64 fractional bits.
contract RangePool {
    struct State {
        uint128 root;
        int24 range;
        uint16 observed;
        bool locked;
    }

    struct Edge {
        uint128 gross;
        int128 net;
        uint256 feeOutside0;
        uint256 feeOutside1;
    }

    struct Position {
        uint128 liquidity;
        uint256 feeInside0;
        uint256 feeInside1;
    }

    struct Observation {
        uint32 time;
        int56 rangeCumulative;
        uint160 secondsPerLiquidity;
    }

    ERC20 public immutable token0;
    ERC20 public immutable token1;

    State public state;
    uint128 public held0;
    uint128 public held1;
    uint128 public liquidity;
    uint256 public feeGrowth0;
    uint256 public feeGrowth1;
    mapping(int24 edge => Edge) public edges;
    mapping(int24 word => uint256) public bitmap;
    mapping(bytes32 id => Position) public positions;
    Observation[64] public observations;

    /// Edges lie from -EDGES to EDGES.
    int24 public constant EDGES = 512;
    /// Parts of a million of what comes in.
    uint256 public constant FEE = 3000;
    uint256 private constant MILLION = 1_000_000;
    uint256 private constant ONE = 1 << 64;
    /// 1.0001^-30 with 64 fractional bits.
    uint256 private constant STEP = 18391489527427947882;
    uint256 private constant MOST_LIQUIDITY = 1 << 100;

    event Provide(address indexed owner, int24 lower, int24 upper, uint128 liquidity, uint256 amount0, uint256 amount1);
    event Withdraw(address indexed owner, int24 lower, int24 upper, uint128 liquidity, uint256 amount0, uint256 amount1);
    event Swap(address indexed sender, address indexed to, int256 amount0, int256 amount1, uint128 root, int24 range);

    error Locked();
    error BadRange(int24 lower, int24 upper);
    error TooMuchLiquidity();
    error OutOfRange();
    error TooLittle(uint256 got, uint256 wanted);
    error Unpaid(uint256 held, uint256 needed);

    modifier lock() {
        if (state.locked) revert Locked();
        state.locked = true;
        _;
        held0 = uint128(token0.balanceOf(address(this)));
        held1 = uint128(token1.balanceOf(address(this)));
        state.locked = false;
    }

    constructor(ERC20 token0_, ERC20 token1_) {
        token0 = token0_;
        token1 = token1_;
        state.root = uint128(ONE);
    }

    /// Square root of the price at an edge.
    function rootAt(int24 edge) public pure returns (uint256 root) {
        uint256 left = uint256(int256(edge < 0 ? -edge : edge));
        uint256 factor = STEP;
        root = ONE;
        while (left != 0) {
            if (left & 1 != 0) root = (root * factor) >> 64;
            factor = (factor * factor) >> 64;
            left >>= 1;
        }
        if (edge > 0) root = (ONE * ONE) / root;
    }

    function provide(int24 lower, int24 upper, uint128 amount) external lock returns (uint256 pay0, uint256 pay1) {
        if (lower >= upper || lower < -EDGES || upper > EDGES) revert BadRange(lower, upper);
        (uint256 fees0, uint256 fees1) = _change(msg.sender, lower, upper, int128(amount));
        (pay0, pay1) = _worth(lower, upper, amount, true);
        token0.transferFrom(msg.sender, address(this), pay0);
        token1.transferFrom(msg.sender, address(this), pay1);
        if (fees0 > 0) token0.transfer(msg.sender, fees0);
        if (fees1 > 0) token1.transfer(msg.sender, fees1);
        emit Provide(msg.sender, lower, upper, amount, pay0, pay1);
    }

    /// Pays out the liquidity and all fees of the position.
    function withdraw(int24 lower, int24 upper, uint128 amount) external lock returns (uint256 out0, uint256 out1) {
        (uint256 fees0, uint256 fees1) = _change(msg.sender, lower, upper, -int128(amount));
        (out0, out1) = _worth(lower, upper, amount, false);
        if (out0 + fees0 > 0) token0.transfer(msg.sender, out0 + fees0);
        if (out1 + fees1 > 0) token1.transfer(msg.sender, out1 + fees1);
        emit Withdraw(msg.sender, lower, upper, amount, out0, out1);
    }

    /// Sells exactly `amount` of token 0 (`down`) or token 1 for at least `least` of the other.
    function swap(bool down, uint256 amount, uint256 least, address to) external lock returns (uint256 out) {
        State memory now_ = state;
        _observe(now_);
        uint256 left = amount;
        while (left > 0) {
            (uint256 used, uint256 part) = _step(now_, down, left);
            left -= used;
            out += part;
        }
        state = now_;
        if (out < least) revert TooLittle(out, least);
        uint256 needed = (down ? held0 : held1) + amount;
        uint256 held = (down ? token0 : token1).balanceOf(address(this));
        if (held < needed) revert Unpaid(held, needed);
        (down ? token1 : token0).transfer(to, out);
        (int256 change0, int256 change1) = down ? (int256(amount), -int256(out)) : (-int256(out), int256(amount));
        emit Swap(msg.sender, to, change0, change1, now_.root, now_.range);
    }

    /// Trades within the range until it ends or all of `left` is sold; what was sold, fee included, and bought.
    function _step(State memory now_, bool down, uint256 left) private returns (uint256 used, uint256 out) {
        int24 edge = down ? now_.range : now_.range + 1;
        uint256 root = now_.root;
        uint256 target = rootAt(edge);
        uint256 next = target;
        uint256 active = liquidity;
        uint256 usable = (left * (MILLION - FEE)) / MILLION;
        uint256 needed = down ? _amount0(target, root, active, true) : _amount1(root, target, active, true);
        uint256 fee;
        if (usable >= needed) {
            fee = _up(needed * FEE, MILLION - FEE);
            usable = needed;
        } else {
            fee = left - usable;
            next = down ? _up((active << 64) * root, (active << 64) + usable * root) : root + (usable << 64) / active;
        }
        out = down ? _amount1(next, root, active, false) : _amount0(root, next, active, false);
        used = usable + fee < left ? usable + fee : left;
        if (active > 0) _grow(down, (fee << 64) / active);
        now_.root = uint128(next);
        if (next == target) now_.range = _cross(edge, down);
    }

    function _grow(bool down, uint256 perLiquidity) private {
        unchecked {
            if (down) feeGrowth0 += perLiquidity;
            else feeGrowth1 += perLiquidity;
        }
    }

    /// Steps over an edge; the range behind it.
    function _cross(int24 edge, bool down) private returns (int24 range) {
        if (edge <= -EDGES || edge >= EDGES) revert OutOfRange();
        if (bitmap[edge >> 8] & (1 << uint8(int8(edge))) != 0) {
            Edge storage crossed = edges[edge];
            unchecked {
                crossed.feeOutside0 = feeGrowth0 - crossed.feeOutside0;
                crossed.feeOutside1 = feeGrowth1 - crossed.feeOutside1;
            }
            int256 net = down ? -int256(crossed.net) : int256(crossed.net);
            liquidity = uint128(uint256(int256(uint256(liquidity)) + net));
        }
        return down ? edge - 1 : edge;
    }

    /// The first swap of a block notes how long the range before it lasted.
    function _observe(State memory now_) private {
        Observation memory last = observations[now_.observed];
        uint32 time = uint32(block.timestamp);
        if (last.time == time) return;
        unchecked {
            uint32 elapsed = time - last.time;
            uint256 active = liquidity == 0 ? 1 : liquidity;
            now_.observed = (now_.observed + 1) % 64;
            observations[now_.observed] = Observation(
                time,
                last.rangeCumulative + int56(now_.range) * int56(uint56(elapsed)),
                last.secondsPerLiquidity + uint160((uint256(elapsed) << 64) / active)
            );
        }
    }

    /// Adds `delta` to a position; the fees it has earned since it was last changed.
    function _change(address owner, int24 lower, int24 upper, int128 delta)
        private
        returns (uint256 fees0, uint256 fees1)
    {
        _changeEdge(lower, delta, delta);
        _changeEdge(upper, delta, -delta);
        Position storage position = positions[keccak256(abi.encode(owner, lower, upper))];
        (uint256 inside0, uint256 inside1) = _feesInside(lower, upper);
        unchecked {
            fees0 = (position.liquidity * (inside0 - position.feeInside0)) >> 64;
            fees1 = (position.liquidity * (inside1 - position.feeInside1)) >> 64;
        }
        position.liquidity = _add(position.liquidity, delta);
        position.feeInside0 = inside0;
        position.feeInside1 = inside1;
        if (lower <= state.range && state.range < upper) liquidity = _add(liquidity, delta);
    }

    function _changeEdge(int24 place, int128 delta, int128 net) private {
        Edge storage edge = edges[place];
        bool unused = edge.gross == 0;
        if (unused && place <= state.range) {
            edge.feeOutside0 = feeGrowth0;
            edge.feeOutside1 = feeGrowth1;
        }
        edge.gross = _add(edge.gross, delta);
        edge.net += net;
        if (unused != (edge.gross == 0)) bitmap[place >> 8] ^= 1 << uint8(int8(place));
    }

    function _feesInside(int24 lower, int24 upper) private view returns (uint256 inside0, uint256 inside1) {
        Edge storage below = edges[lower];
        Edge storage above = edges[upper];
        bool under = state.range < lower;
        bool over = state.range >= upper;
        inside0 = _inside(feeGrowth0, below.feeOutside0, above.feeOutside0, under, over);
        inside1 = _inside(feeGrowth1, below.feeOutside1, above.feeOutside1, under, over);
    }

    /// Fees grown between two edges: all but those grown below the lower and above the upper one. Wraps around.
    function _inside(uint256 all, uint256 lower, uint256 upper, bool under, bool over) private pure returns (uint256) {
        unchecked {
            return all - (under ? all - lower : lower) - (over ? all - upper : upper);
        }
    }

    function _worth(int24 lower, int24 upper, uint256 amount, bool up)
        private
        view
        returns (uint256 amount0, uint256 amount1)
    {
        uint256 low = rootAt(lower);
        uint256 high = rootAt(upper);
        uint256 root = state.root;
        if (root < low) root = low;
        if (root > high) root = high;
        amount0 = _amount0(root, high, amount, up);
        amount1 = _amount1(low, root, amount, up);
    }

    function _amount0(uint256 low, uint256 high, uint256 active, bool up) private pure returns (uint256) {
        uint256 scaled = (active * (high - low)) << 64;
        return up ? _up(scaled, low * high) : scaled / (low * high);
    }

    function _amount1(uint256 low, uint256 high, uint256 active, bool up) private pure returns (uint256) {
        return up ? _up(active * (high - low), ONE) : (active * (high - low)) >> 64;
    }

    function _up(uint256 a, uint256 b) private pure returns (uint256) {
        return (a + b - 1) / b;
    }

    function _add(uint128 to, int128 delta) private pure returns (uint128) {
        int256 sum = int256(uint256(to)) + delta;
        if (sum < 0 || sum > int256(MOST_LIQUIDITY)) revert TooMuchLiquidity();
        return uint128(uint256(sum));
    }
}
