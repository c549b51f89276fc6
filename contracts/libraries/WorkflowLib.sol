// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What a claim reads of a workflow, in one word: coordinator (bits 0..159), deadline (160..199), fee in basis points
/// (200..215), task count (216..239), whether it has a final step (240), status (248..255).
type WorkflowHead is uint256;

using WorkflowLib for WorkflowHead global;

/// @notice A workflow. A claim reads the first two slots only; the last two are written when it ends.
struct Workflow {
    WorkflowHead head;
    bytes32 stepsRoot;
    address requester;
    uint64 escrow; // units, all that was ever paid in
    uint32 tail; // longest claim time plus window of its steps: nothing changes later than this after the end
    bytes32 specHash;
    uint64 refunded;
    uint64 feePaid;
    uint40 endedAt;
    bool feeSettled;
    bytes32 completion;
}

/// @title Packing of a workflow's head
library WorkflowLib {
    uint8 internal constant NONE = 0;
    uint8 internal constant OPEN = 1;
    uint8 internal constant COMPLETED = 2;
    uint8 internal constant CANCELLED = 3;

    function coordinator(WorkflowHead h) internal pure returns (address) {
        return address(uint160(WorkflowHead.unwrap(h)));
    }

    /// @notice No claim after this time.
    function deadline(WorkflowHead h) internal pure returns (uint40) {
        return uint40(WorkflowHead.unwrap(h) >> 160);
    }

    function feeBps(WorkflowHead h) internal pure returns (uint16) {
        return uint16(WorkflowHead.unwrap(h) >> 200);
    }

    function taskCount(WorkflowHead h) internal pure returns (uint24) {
        return uint24(WorkflowHead.unwrap(h) >> 216);
    }

    function hasFinal(WorkflowHead h) internal pure returns (bool) {
        return (WorkflowHead.unwrap(h) >> 240) & 1 != 0;
    }

    function status(WorkflowHead h) internal pure returns (uint8) {
        return uint8(WorkflowHead.unwrap(h) >> 248);
    }

    /// @notice Whether tasks may be claimed at `time`.
    function claimableAt(WorkflowHead h, uint256 time) internal pure returns (bool) {
        return h.status() == OPEN && time <= h.deadline();
    }

    function pack(
        address coordinator_,
        uint40 deadline_,
        uint16 feeBps_,
        uint24 taskCount_,
        bool hasFinal_,
        uint8 status_
    ) internal pure returns (WorkflowHead) {
        return
            WorkflowHead.wrap(
                uint160(coordinator_) |
                    (uint256(deadline_) << 160) |
                    (uint256(feeBps_) << 200) |
                    (uint256(taskCount_) << 216) |
                    (uint256(hasFinal_ ? 1 : 0) << 240) |
                    (uint256(status_) << 248)
            );
    }

    function withCoordinator(WorkflowHead h, address coordinator_) internal pure returns (WorkflowHead) {
        return pack(coordinator_, h.deadline(), h.feeBps(), h.taskCount(), h.hasFinal(), h.status());
    }

    function withDeadline(WorkflowHead h, uint40 deadline_) internal pure returns (WorkflowHead) {
        return pack(h.coordinator(), deadline_, h.feeBps(), h.taskCount(), h.hasFinal(), h.status());
    }

    function withStatus(WorkflowHead h, uint8 status_) internal pure returns (WorkflowHead) {
        return pack(h.coordinator(), h.deadline(), h.feeBps(), h.taskCount(), h.hasFinal(), status_);
    }
}
