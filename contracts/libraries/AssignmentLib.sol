// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Assignment, Leaf, Ticket} from "../interfaces/IMarket.sol";
import {TicketLib} from "./TicketLib.sol";

/// @title What a coordinator signs (EIP-712 struct hashes) and the leaves under an assignment's root
library AssignmentLib {
    using TicketLib for Ticket;

    bytes32 internal constant ASSIGNMENT_TYPEHASH = keccak256(
        "Assignment(uint48 workflow,uint8 step,address operator,uint16 attempt,uint16 word,uint192 mask,uint64 price,uint40 claimBy,bytes32 root)"
    );
    bytes32 internal constant ACCEPTANCE_TYPEHASH = keccak256(
        "Acceptance(uint48 workflow,uint8 step,address operator,uint16 attempt,uint16 word,uint192 mask,bytes32 root,bytes32 commitmentsRoot)"
    );
    bytes32 internal constant RELEASE_TYPEHASH = keccak256(
        "Release(uint48 workflow,uint8 step,address operator,uint16 attempt,uint16 word,uint192 mask,bytes32 root)"
    );

    /// @dev The struct lies in calldata as abi.encode would write it, but for the operator, whom the type names third. Unclean upper
    /// bits change the hash, so nobody signed them.
    function hash(Assignment calldata a, address operator) internal pure returns (bytes32 h) {
        bytes32 typehash = ASSIGNMENT_TYPEHASH;
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, typehash)
            calldatacopy(add(at, 0x20), a, 0x40) // workflow, step
            mstore(add(at, 0x60), operator)
            calldatacopy(add(at, 0x80), add(a, 0x40), 0xc0) // attempt to root
            h := keccak256(at, 0x140)
        }
    }

    function acceptanceHash(
        Ticket memory part,
        address operator,
        bytes32 commitmentsRoot
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    ACCEPTANCE_TYPEHASH,
                    part.workflow(),
                    part.step(),
                    operator,
                    part.attempt(),
                    part.word(),
                    part.mask(),
                    part.root,
                    commitmentsRoot
                )
            );
    }

    function releaseHash(Ticket memory part, address operator) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    RELEASE_TYPEHASH,
                    part.workflow(),
                    part.step(),
                    operator,
                    part.attempt(),
                    part.word(),
                    part.mask(),
                    part.root
                )
            );
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
