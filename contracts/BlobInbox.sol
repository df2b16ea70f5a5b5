// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Where a rollup posts: chains the versioned hashes of each transaction's blobs (EIP-4844, EIP-7516). Cancun.
contract BlobInbox {
    bytes32 public head;
    uint256 public posts;
    mapping(address poster => uint256) public paid;

    event Posted(address indexed poster, uint256 indexed number, uint256 blobs, bytes32 head);

    error NoBlobs();

    function post(bytes32 stateRoot) external {
        bytes32 chain = keccak256(abi.encode(head, stateRoot));
        uint256 count = 0;
        for (bytes32 hash = blobhash(0); hash != 0; hash = blobhash(++count)) {
            chain = keccak256(abi.encode(chain, hash));
        }
        if (count == 0) revert NoBlobs();
        head = chain;
        paid[msg.sender] += count * 131072 * block.blobbasefee;
        emit Posted(msg.sender, posts++, count, chain);
    }
}
