// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Orders are queued by makers and filled by takers, first come first served. Head, tail and last price
/// stand in one slot that every call reads and writes.
contract OrderBook {
    struct Queue {
        uint64 head;
        uint64 tail;
        uint128 lastPrice;
    }

    struct Order {
        address maker;
        uint96 amount;
        uint128 price;
    }

    Queue public queue;
    mapping(uint64 id => Order) public orders;
    mapping(address account => uint256) public earned;
    mapping(address account => uint256) public bought;

    event Placed(uint64 indexed id, address indexed maker, uint96 amount, uint128 price);
    event Filled(uint64 indexed id, address indexed taker, uint96 amount, uint128 price);

    error Empty();
    error NotYours(uint64 id);

    function place(uint96 amount, uint128 price) external returns (uint64 id) {
        if (amount == 0) revert Empty();
        id = queue.tail;
        queue.tail = id + 1;
        orders[id] = Order(msg.sender, amount, price);
        emit Placed(id, msg.sender, amount, price);
    }

    /// Buys up to `amount` from the head of the queue on; reverts where there is nothing.
    function take(uint96 amount) external returns (uint256 cost) {
        Queue memory now_ = queue;
        if (now_.head == now_.tail) revert Empty();
        uint96 left = amount;
        while (left > 0 && now_.head < now_.tail) {
            Order storage order = orders[now_.head];
            uint96 part = order.amount < left ? order.amount : left;
            uint256 price = uint256(part) * order.price;
            earned[order.maker] += price;
            cost += price;
            left -= part;
            now_.lastPrice = order.price;
            emit Filled(now_.head, msg.sender, part, order.price);
            if (part == order.amount) delete orders[now_.head++];
            else order.amount -= part;
        }
        bought[msg.sender] += amount - left;
        queue = now_;
    }

    function cancel(uint64 id) external {
        if (orders[id].maker != msg.sender) revert NotYours(id);
        orders[id].amount = 0;
    }
}
