// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {StepTerms, WorkflowTerms} from "../MarketTypes.sol";

/// @title Opening, changing and closing workflows
interface IMarketWorkflows {
    /// @notice Opens a workflow with `escrow` units of the caller's, at least the sum of maxTasks * ceiling plus the fee on it.
    function openWorkflow(
        WorkflowTerms calldata terms,
        StepTerms[] calldata steps,
        uint64 escrow
    ) external payable returns (uint48 workflow);
    /// @notice Adds `amount` units of the caller's to an open workflow's escrow.
    function topUp(uint48 workflow, uint64 amount) external payable;
    /// @notice The requester gives a workflow more time.
    function extendDeadline(uint48 workflow, uint40 deadline) external;
    /// @notice The requester hands a workflow to another coordinator; assignments of the former one end with that.
    /// @param stepsRoot root over the steps' terms, as at opening
    function replaceCoordinator(uint48 workflow, address coordinator, bytes32 stepsRoot) external;
    /// @notice The requester stops new claims; live claims may still commit and be paid.
    function cancel(uint48 workflow) external;
    /// @notice The coordinator (or requester) declares that no task is left. For workflows without a final step.
    /// @dev As after a final proof, claims that the coordinator signed are taken for another LATE_CLAIMS seconds.
    function finish(uint48 workflow) external;
    /// @notice Credits the requester with the escrow that can no longer be spent. Anyone may call it, again and again, once no claims
    /// are taken any more: LATE_CLAIMS seconds after completion, at once after a cancellation.
    function refund(uint48 workflow) external;
    /// @notice Credits the coordinator's fee once every commitment has matured and every dispute is closed, and a day more has passed, in
    /// which anyone may end claims that ran out: what they spent is not counted any more then.
    function payFee(uint48 workflow) external;
}
