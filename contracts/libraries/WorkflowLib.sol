// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Retry} from "./RetryLib.sol";
import {TaskWord} from "./TaskWordLib.sol";

/// @notice All that a claim reads of a workflow, in one word: digest of coordinator and steps (bits 56..255), deadline (24..55), fee in
/// basis points (8..23), status (0..7).
/// @dev A claim shows the step's path to the steps' root and the coordinator's signature: whom the signature names is hashed with
/// that root and compared. 200 bits of a keccak: 100-bit collision resistance.
type WorkflowHead is uint256;

using WorkflowLib for WorkflowHead global;

/// @notice A workflow. A claim reads the head and a word of tasks only.
/// @dev Arrays of fixed length lie behind one another, without a hash for each index.
struct Workflow {
    WorkflowHead head;
    address requester;
    uint64 escrow; // units, all that was ever paid in
    uint32 tail; // longest claim time plus window of its steps: nothing changes later than this after the end
    address coordinator;
    uint24 taskCount;
    bool hasFinal;
    bool feeSettled;
    uint32 silenceDelay; // zero: the coordinator can't be declared silent
    uint24 disputes; // that are open: the fee waits for them
    uint64 refunded;
    uint64 feePaid;
    uint40 endedAt;
    uint40 silentAt; // when it was declared silent; zero: it was not, or has answered
    address silentBy; // whose bond pays for the answer
    bytes32 completion;
    TaskWord[65536] words;
    mapping(uint256 task => Retry) retries;
}

/// @title Packing of a workflow's head
library WorkflowLib {
    uint8 internal constant NONE = 0;
    uint8 internal constant OPEN = 1;
    uint8 internal constant COMPLETED = 2;
    uint8 internal constant CANCELLED = 3;

    /// @notice Digest of the coordinator and the root over the steps' terms.
    function terms(WorkflowHead h) internal pure returns (uint200) {
        return uint200(WorkflowHead.unwrap(h) >> 56);
    }

    /// @notice No claim after this time; 32 bits last until 2106.
    function deadline(WorkflowHead h) internal pure returns (uint32) {
        return uint32(WorkflowHead.unwrap(h) >> 24);
    }

    function feeBps(WorkflowHead h) internal pure returns (uint16) {
        return uint16(WorkflowHead.unwrap(h) >> 8);
    }

    function status(WorkflowHead h) internal pure returns (uint8) {
        return uint8(WorkflowHead.unwrap(h));
    }

    /// @notice Whether tasks may be claimed at `time`.
    function claimableAt(WorkflowHead h, uint256 time) internal pure returns (bool) {
        return h.status() == OPEN && time <= h.deadline();
    }

    function pack(
        uint200 terms_,
        uint256 deadline_,
        uint16 feeBps_,
        uint8 status_
    ) internal pure returns (WorkflowHead) {
        return
            WorkflowHead.wrap(
                (uint256(terms_) << 56) | (uint256(uint32(deadline_)) << 24) | (uint256(feeBps_) << 8) | status_
            );
    }

    /// @notice The low 200 bits of keccak256(coordinator, stepsRoot).
    function termsOf(address coordinator, bytes32 stepsRoot) internal pure returns (uint200 digest) {
        assembly ("memory-safe") {
            mstore(0x00, coordinator)
            mstore(0x20, stepsRoot)
            digest := and(keccak256(0x00, 0x40), 0xffffffffffffffffffffffffffffffffffffffffffffffffff)
        }
    }

    function withTerms(WorkflowHead h, uint200 terms_) internal pure returns (WorkflowHead) {
        return pack(terms_, h.deadline(), h.feeBps(), h.status());
    }

    function withDeadline(WorkflowHead h, uint256 deadline_) internal pure returns (WorkflowHead) {
        return pack(h.terms(), deadline_, h.feeBps(), h.status());
    }

    function withStatus(WorkflowHead h, uint8 status_) internal pure returns (WorkflowHead) {
        return pack(h.terms(), h.deadline(), h.feeBps(), status_);
    }
}
