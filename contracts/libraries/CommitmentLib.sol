// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CommitmentOpening} from "../interfaces/MarketTypes.sol";

/// @title Roots and openings of batches of commitments
/// @notice A batch is hashed in chunks of 16, so that opening one of 128 commitments takes 16 + 8 words and not 128.
library CommitmentLib {
    uint256 internal constant CHUNK = 16;
    bytes32 internal constant TYPEHASH = keccak256(
        "Commitment(uint256 chainId,address market,uint48 workflow,uint32 task,uint16 attempt,address operator,bytes32 root,bytes32 resultDigest)"
    );

    /// @return root keccak256 over the keccak256 of each chunk; the last chunk may be shorter
    function rootOf(bytes32[] calldata commitments) internal pure returns (bytes32 root) {
        assembly ("memory-safe") {
            let bytesLeft := mul(commitments.length, 0x20)
            let from := commitments.offset
            let hashes := mload(0x40) // chunk hashes grow here, each chunk is hashed behind them
            let next := hashes
            for {} bytesLeft {} {
                let size := bytesLeft
                if gt(size, 0x200) {
                    size := 0x200
                }
                calldatacopy(next, from, size)
                mstore(next, keccak256(next, size))
                next := add(next, 0x20)
                from := add(from, size)
                bytesLeft := sub(bytesLeft, size)
            }
            root := keccak256(hashes, sub(next, hashes))
        }
    }

    /// @return root of the batch that the opening belongs to
    /// @return commitment the opened one
    /// @return consistent whether the chunk is the one that its position and the chunk hashes name
    function open(
        CommitmentOpening calldata opening
    ) internal pure returns (bytes32 root, bytes32 commitment, bool consistent) {
        uint256 chunkIndex = opening.position / CHUNK;
        uint256 index = opening.position % CHUNK;
        if (chunkIndex >= opening.chunkHashes.length || index >= opening.chunk.length) return (0, 0, false);
        root = _hash(opening.chunkHashes);
        commitment = opening.chunk[index];
        consistent = _hash(opening.chunk) == opening.chunkHashes[chunkIndex];
    }

    /// @dev keccak256 over the words of an array, without their count.
    function _hash(bytes32[] calldata words) private pure returns (bytes32 h) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            let size := mul(words.length, 0x20)
            calldatacopy(at, words.offset, size)
            h := keccak256(at, size)
        }
    }

    /// @notice The 32 bytes that an operator commits for one task.
    function hash(
        uint48 workflow,
        uint32 task,
        uint16 attempt,
        address operator,
        bytes32 root,
        bytes32 resultDigest
    ) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    block.chainid,
                    address(this),
                    workflow,
                    task,
                    attempt,
                    operator,
                    root,
                    resultDigest
                )
            );
    }
}
