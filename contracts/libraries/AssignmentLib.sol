// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Leaf} from "../interfaces/MarketTypes.sol";

/// @notice The coordinator's offer as it is signed: the words of its EIP-712 struct, in order.
struct Offer {
    bytes32 typehash;
    uint256 workflow;
    uint256 step;
    address operator;
    uint256 attempt; // the same for all its tasks
    uint256 word; // task index = word * 192 + bit
    uint256 mask;
    uint256 price; // units per task
    uint256 claimBy;
    bytes32 root;
}

/// @title What coordinators and operators sign (EIP-712 struct hashes), and the leaves under an assignment's root
library AssignmentLib {
    bytes32 internal constant ASSIGNMENT_TYPEHASH = keccak256(
        "Assignment(uint48 workflow,uint8 step,address operator,uint16 attempt,uint16 word,uint192 mask,uint64 price,uint40 claimBy,bytes32 root)"
    );
    bytes32 internal constant ACCEPTANCE_TYPEHASH = keccak256(
        "Acceptance(address operator,bytes32 ticket,bytes32 commitmentsRoot)"
    );
    bytes32 internal constant RELEASE_TYPEHASH = keccak256("Release(address operator,bytes32 ticket)");
    bytes32 internal constant RECEIPTS_TYPEHASH = keccak256("Receipts(bytes32 root)");

    function hash(Offer memory offer) internal pure returns (bytes32 h) {
        assembly ("memory-safe") {
            h := keccak256(offer, 0x140)
        }
    }

    /// @param ticketHash of the part that is accepted: it names workflow, tasks, attempt and root
    function acceptanceHash(
        address operator,
        bytes32 ticketHash,
        bytes32 commitmentsRoot
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCEPTANCE_TYPEHASH, operator, ticketHash, commitmentsRoot));
    }

    /// @param ticketHash of the part that is released
    function releaseHash(address operator, bytes32 ticketHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(RELEASE_TYPEHASH, operator, ticketHash));
    }

    /// @param root over the commitments to the results, which name operator, tasks and attempts (see CommitmentLib). A commitment is
    /// the hash of nine words and a node that of two: none passes for the other.
    function receiptsHash(bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPTS_TYPEHASH, root));
    }

    /// @notice keccak256(bytes.concat(keccak256(abi.encode(leaf)))): hashed twice, so that no inner node passes for a leaf.
    function leafHash(Leaf calldata leaf) internal pure returns (bytes32 hash_) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            calldatacopy(at, leaf, 0xa0)
            mstore(0x00, keccak256(at, 0xa0))
            hash_ := keccak256(0x00, 0x20)
        }
    }
}
