// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Nets payments in transient storage (EIP-1153) and writes only what is left of them. Cancun.
contract Clearing {
    mapping(address account => int256) public balance;
    bool transient busy;

    event Cleared(address indexed by, uint256 payments, uint256 written);

    error Busy();
    error Length();

    /// Payment i goes from `parties[i]` to `parties[i + 1]`, the last one back to the first.
    function clear(address[] calldata parties, uint256[] calldata amounts) external {
        if (busy) revert Busy();
        if (parties.length != amounts.length) revert Length();
        busy = true;
        for (uint256 i = 0; i < parties.length; i++) {
            _add(parties[i], -int256(amounts[i]));
            _add(parties[(i + 1) % parties.length], int256(amounts[i]));
        }
        uint256 written = 0;
        for (uint256 i = 0; i < parties.length; i++) {
            int256 net = _take(parties[i]);
            if (net == 0) continue;
            balance[parties[i]] += net;
            written++;
        }
        busy = false;
        emit Cleared(msg.sender, parties.length, written);
    }

    /// Slot of an account's open sum: far from `busy`.
    function _slot(address account) private pure returns (uint256) {
        return (1 << 160) | uint160(account);
    }

    function _add(address account, int256 delta) private {
        uint256 slot = _slot(account);
        assembly ("memory-safe") {
            tstore(slot, add(tload(slot), delta))
        }
    }

    function _take(address account) private returns (int256 net) {
        uint256 slot = _slot(account);
        assembly ("memory-safe") {
            net := tload(slot)
            tstore(slot, 0)
        }
    }
}
