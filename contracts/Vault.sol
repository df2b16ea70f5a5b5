// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Ether of many owners in one pot, a part of which is lent out: whoever comes when the pot is empty is
/// turned away, so that the order of the block decides who succeeds.
contract Vault {
    mapping(address owner => uint256) public credit;
    uint256 public lent;

    event Deposit(address indexed owner, uint256 amount);
    event Withdrawal(address indexed owner, uint256 amount);
    event Lent(address indexed to, uint256 amount);

    error NotYours(uint256 credit, uint256 asked);
    error Short(uint256 available, uint256 asked);
    error Refused(address to);

    function deposit() external payable {
        credit[msg.sender] += msg.value;
        emit Deposit(msg.sender, msg.value);
    }

    function withdraw(uint256 amount) external {
        uint256 owned = credit[msg.sender];
        if (owned < amount) revert NotYours(owned, amount);
        if (address(this).balance < amount) revert Short(address(this).balance, amount);
        credit[msg.sender] = owned - amount;
        _pay(msg.sender, amount);
        emit Withdrawal(msg.sender, amount);
    }

    /// Half of what is there.
    function borrow() external returns (uint256 amount) {
        amount = address(this).balance / 2;
        lent += amount;
        _pay(msg.sender, amount);
        emit Lent(msg.sender, amount);
    }

    function _pay(address to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert Refused(to);
    }
}
