// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// ERC-721 whose ids come from one counter: all mints of a block form a chain.
contract Collectible {
    uint256 public minted;
    mapping(uint256 id => address) public ownerOf;
    mapping(address holder => uint256) public balanceOf;
    mapping(uint256 id => address) public getApproved;

    uint256 public constant LIMIT = 1 << 40;

    event Transfer(address indexed from, address indexed to, uint256 indexed id);
    event Approval(address indexed owner, address indexed approved, uint256 indexed id);

    error SoldOut();
    error NotAllowed(address caller, uint256 id);
    error ZeroAddress();

    /// Mints `count` ids in a row; answers the first.
    function mint(uint256 count) external returns (uint256 first) {
        first = minted;
        if (count == 0 || first + count > LIMIT) revert SoldOut();
        minted = first + count;
        balanceOf[msg.sender] += count;
        for (uint256 id = first; id < first + count; id++) {
            ownerOf[id] = msg.sender;
            emit Transfer(address(0), msg.sender, id);
        }
    }

    function approve(address to, uint256 id) external {
        if (ownerOf[id] != msg.sender) revert NotAllowed(msg.sender, id);
        getApproved[id] = to;
        emit Approval(msg.sender, to, id);
    }

    function transferFrom(address from, address to, uint256 id) external {
        if (ownerOf[id] != from || (from != msg.sender && getApproved[id] != msg.sender)) {
            revert NotAllowed(msg.sender, id);
        }
        if (to == address(0)) revert ZeroAddress();
        delete getApproved[id];
        balanceOf[from] -= 1;
        balanceOf[to] += 1;
        ownerOf[id] = to;
        emit Transfer(from, to, id);
    }
}
