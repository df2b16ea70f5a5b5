// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// ERC-1967: everything is delegated to the implementation in storage.
contract Proxy {
    bytes32 internal constant IMPLEMENTATION = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);

    constructor(address implementation) {
        bytes32 slot = IMPLEMENTATION;
        assembly ("memory-safe") {
            sstore(slot, implementation)
        }
    }

    fallback() external payable {
        bytes32 slot = IMPLEMENTATION;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), sload(slot), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(ok) {
                revert(0, returndatasize())
            }
            return(0, returndatasize())
        }
    }

    receive() external payable {}
}

/// What both ledgers have in common: anyone may replace the logic, as a block's transactions do.
abstract contract Ledger {
    uint256 public total;
    mapping(address account => uint256) public entry;

    bytes32 private constant IMPLEMENTATION = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);

    event Upgraded(address indexed implementation);
    event Recorded(address indexed account, uint256 amount, uint256 version);

    error NoCode(address implementation);

    function upgradeTo(address implementation) external {
        if (implementation.code.length == 0) revert NoCode(implementation);
        bytes32 slot = IMPLEMENTATION;
        assembly ("memory-safe") {
            sstore(slot, implementation)
        }
        emit Upgraded(implementation);
    }
}

/// Adds to the caller's entry.
contract LedgerV1 is Ledger {
    function record(uint256 amount) external {
        entry[msg.sender] += amount;
        emit Recorded(msg.sender, amount, 1);
    }
}

/// Adds twice as much, and to the total.
contract LedgerV2 is Ledger {
    function record(uint256 amount) external {
        entry[msg.sender] += 2 * amount;
        total += 2 * amount;
        emit Recorded(msg.sender, 2 * amount, 2);
    }
}
