// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarket, StepTerms, WorkflowTerms} from "../interfaces/IMarket.sol";
import {Limits} from "../libraries/Limits.sol";
import {StepsLib} from "../libraries/StepsLib.sol";
import {TaskWordLib} from "../libraries/TaskWordLib.sol";
import {Workflow, WorkflowHead, WorkflowLib} from "../libraries/WorkflowLib.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title Opening, changing and closing workflows
abstract contract MarketWorkflows is MarketBase {
    /// @inheritdoc IMarket
    function openWorkflow(
        WorkflowTerms calldata terms,
        StepTerms[] calldata steps
    ) external payable returns (uint48 workflow) {
        if (terms.coordinator == address(0)) revert ZeroAddress();
        if (terms.feeBps > Limits.MAX_FEE_BPS) revert TermOutOfRange("feeBps", terms.feeBps, 0, Limits.MAX_FEE_BPS);
        _checkDeadline(terms.deadline, block.timestamp + 1);
        StepsLib.Summary memory sum = StepsLib.summarise(steps);
        uint64 escrow = _units(msg.value);
        uint256 least = sum.most + _feeCeiling(sum.most, terms.feeBps);
        if (escrow < least) revert TermOutOfRange("escrow", escrow, least, type(uint64).max);

        workflow = ++_workflowCount;
        Workflow storage w = _workflows[workflow];
        w.head = WorkflowLib.pack(
            terms.coordinator,
            terms.deadline,
            terms.feeBps,
            uint24(sum.tasks),
            sum.hasFinal,
            WorkflowLib.OPEN
        );
        w.stepsRoot = sum.root;
        (w.requester, w.escrow, w.tail) = (msg.sender, escrow, uint32(sum.tail));
        w.specHash = terms.specHash;
        emit WorkflowOpened(workflow, msg.sender, terms.coordinator, terms, steps, escrow);
    }

    /// @inheritdoc IMarket
    function topUp(uint48 workflow) external payable {
        Workflow storage w = _workflows[workflow];
        _requireClaimable(workflow, w.head);
        uint64 amount = _units(msg.value);
        w.escrow += amount;
        emit EscrowToppedUp(workflow, amount);
    }

    /// @inheritdoc IMarket
    function extendDeadline(uint48 workflow, uint40 deadline) external {
        Workflow storage w = _requesters(workflow);
        WorkflowHead head = w.head;
        _requireClaimable(workflow, head); // after the deadline the escrow may have been refunded
        _checkDeadline(deadline, uint256(head.deadline()) + 1);
        w.head = head.withDeadline(deadline);
        emit DeadlineExtended(workflow, deadline);
    }

    /// @inheritdoc IMarket
    function replaceCoordinator(uint48 workflow, address coordinator) external {
        if (coordinator == address(0)) revert ZeroAddress();
        Workflow storage w = _requesters(workflow);
        WorkflowHead head = w.head;
        _requireClaimable(workflow, head); // later, only the fee is left, and it is the coordinator's who earned it
        w.head = head.withCoordinator(coordinator);
        emit CoordinatorReplaced(workflow, coordinator);
    }

    /// @inheritdoc IMarket
    function cancel(uint48 workflow) external {
        Workflow storage w = _requesters(workflow);
        _end(workflow, w, WorkflowLib.CANCELLED);
        emit WorkflowCancelled(workflow);
    }

    /// @inheritdoc IMarket
    function finish(uint48 workflow) external {
        Workflow storage w = _known(workflow);
        WorkflowHead head = w.head;
        if (msg.sender != head.coordinator() && msg.sender != w.requester) revert NotCoordinator(msg.sender);
        if (head.hasFinal()) revert FinalProofMissing(workflow);
        _end(workflow, w, WorkflowLib.COMPLETED);
        emit WorkflowCompleted(workflow, address(0), 0);
    }

    /// @inheritdoc IMarket
    function refund(uint48 workflow) external {
        Workflow storage w = _known(workflow);
        WorkflowHead head = w.head;
        if (head.claimableAt(block.timestamp)) revert WorkflowOpen(workflow);
        uint256 spent = _spent(workflow, head.taskCount());
        uint256 fee = w.feeSettled ? w.feePaid : _feeCeiling(spent, head.feeBps());
        uint256 kept = spent + fee + w.refunded;
        if (kept >= w.escrow) revert NothingToRefund(workflow);
        uint64 amount = uint64(w.escrow - kept);
        w.refunded += amount;
        _accounts[w.requester] = _accounts[w.requester].addOwed(amount);
        emit EscrowRefunded(workflow, amount);
    }

    /// @inheritdoc IMarket
    function payFee(uint48 workflow) external {
        Workflow storage w = _known(workflow);
        WorkflowHead head = w.head;
        if (head.claimableAt(block.timestamp)) revert WorkflowOpen(workflow);
        if (w.feeSettled) revert FeeNotDue(workflow, 0);
        // The last claim may be made at the end, and its last commitment be struck `tail` later.
        uint256 dueAt = uint256(head.status() == WorkflowLib.OPEN ? head.deadline() : w.endedAt) + w.tail;
        if (block.timestamp <= dueAt) revert FeeNotDue(workflow, dueAt);
        uint64 amount = uint64((_spent(workflow, head.taskCount()) * head.feeBps()) / Limits.BPS);
        (w.feePaid, w.feeSettled) = (amount, true);
        _accounts[head.coordinator()] = _accounts[head.coordinator()].addOwed(amount);
        emit FeePaid(workflow, head.coordinator(), amount);
    }

    // ---------------------------------------------------------------- internal

    /// @dev Stops new claims. Reverts unless the workflow is open.
    function _end(uint48 workflow, Workflow storage w, uint8 status) internal {
        WorkflowHead head = w.head;
        if (head.status() != WorkflowLib.OPEN) revert WorkflowClosed(workflow);
        w.head = head.withStatus(status);
        uint40 deadline = head.deadline(); // claims may have stopped before now
        w.endedAt = block.timestamp < deadline ? uint40(block.timestamp) : deadline;
    }

    function _known(uint48 workflow) private view returns (Workflow storage w) {
        w = _workflows[workflow];
        if (w.head.status() == WorkflowLib.NONE) revert WorkflowUnknown(workflow);
    }

    /// @dev The workflow, if the caller is its requester.
    function _requesters(uint48 workflow) private view returns (Workflow storage w) {
        w = _known(workflow);
        if (msg.sender != w.requester) revert NotRequester(msg.sender);
    }

    function _requireClaimable(uint48 workflow, WorkflowHead head) private view {
        if (head.status() == WorkflowLib.NONE) revert WorkflowUnknown(workflow);
        if (!head.claimableAt(block.timestamp)) revert WorkflowClosed(workflow);
    }

    function _checkDeadline(uint40 deadline, uint256 least) private view {
        uint256 most = block.timestamp + Limits.MAX_DURATION;
        if (deadline < least || deadline > most) revert TermOutOfRange("deadline", deadline, least, most);
    }

    /// @dev Rounded up: what must be kept for a fee that is rounded down when it is paid.
    function _feeCeiling(uint256 spent, uint256 feeBps) private pure returns (uint256) {
        return (spent * feeBps + Limits.BPS - 1) / Limits.BPS;
    }

    /// @dev Reads one word per 192 tasks, at most 521 (Limits.MAX_TASKS).
    function _spent(uint48 workflow, uint256 tasks) private view returns (uint256 spent) {
        uint256 words = (tasks + TaskWordLib.TASKS - 1) / TaskWordLib.TASKS;
        for (uint256 i = 0; i < words; ++i) spent += _taskWords[workflow][i].spent();
    }
}
