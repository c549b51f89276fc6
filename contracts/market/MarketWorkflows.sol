// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketWorkflows} from "../interfaces/parts/IMarketWorkflows.sol";
import {StepTerms, WorkflowTerms} from "../interfaces/MarketTypes.sol";
import {Limits} from "../libraries/Limits.sol";
import {StepsLib} from "../libraries/StepsLib.sol";
import {TaskWordLib} from "../libraries/TaskWordLib.sol";
import {Workflow, WorkflowHead, WorkflowLib} from "../libraries/WorkflowLib.sol";
import {MarketMoney} from "./MarketMoney.sol";

/// @title Opening, changing and closing workflows
abstract contract MarketWorkflows is IMarketWorkflows, MarketMoney {
    /// @inheritdoc IMarketWorkflows
    function openWorkflow(
        WorkflowTerms calldata terms,
        StepTerms[] calldata steps,
        uint64 escrow
    ) external payable returns (uint48 workflow) {
        if (terms.coordinator == address(0)) revert ZeroAddress();
        if (terms.feeBps > Limits.MAX_FEE_BPS) revert TermOutOfRange("feeBps", terms.feeBps, 0, Limits.MAX_FEE_BPS);
        _checkDeadline(terms.deadline, block.timestamp + 1);
        if (terms.silenceDelay != 0) _checkSilenceDelay(terms.silenceDelay);
        StepsLib.Summary memory sum = StepsLib.summarise(steps);
        uint256 least = sum.most + _feeCeiling(sum.most, terms.feeBps);
        if (escrow < least) revert TermOutOfRange("escrow", escrow, least, type(uint64).max);
        _payIn(escrow);

        workflow = ++_workflowCount;
        Workflow storage w = _workflows[workflow];
        uint200 digest = WorkflowLib.termsOf(terms.coordinator, sum.root);
        w.head = WorkflowLib.pack(digest, terms.deadline, terms.feeBps, WorkflowLib.OPEN);
        (w.requester, w.escrow, w.tail) = (msg.sender, escrow, uint32(sum.tail));
        (w.coordinator, w.taskCount, w.hasFinal) = (terms.coordinator, uint24(sum.tasks), sum.hasFinal);
        w.silenceDelay = terms.silenceDelay;
        emit WorkflowOpened(workflow, msg.sender, terms.coordinator, terms, steps, escrow);
    }

    /// @inheritdoc IMarketWorkflows
    function topUp(uint48 workflow, uint64 amount) external payable {
        _payIn(amount);
        Workflow storage w = _workflows[workflow];
        _requireClaimable(workflow, w.head);
        w.escrow += amount;
        emit EscrowToppedUp(workflow, amount);
    }

    /// @inheritdoc IMarketWorkflows
    function extendDeadline(uint48 workflow, uint40 deadline) external {
        Workflow storage w = _requesters(workflow);
        WorkflowHead head = w.head;
        _requireClaimable(workflow, head); // after the deadline the escrow may have been refunded
        _checkDeadline(deadline, uint256(head.deadline()) + 1);
        w.head = head.withDeadline(deadline);
        emit DeadlineExtended(workflow, deadline);
    }

    /// @inheritdoc IMarketWorkflows
    function replaceCoordinator(uint48 workflow, address coordinator, bytes32 stepsRoot) external {
        if (coordinator == address(0)) revert ZeroAddress();
        Workflow storage w = _requesters(workflow);
        WorkflowHead head = w.head;
        _requireClaimable(workflow, head); // later, only the fee is left, and it is the coordinator's who earned it
        if (WorkflowLib.termsOf(w.coordinator, stepsRoot) != head.terms()) revert StepsMismatch(workflow, 0);
        w.head = head.withTerms(WorkflowLib.termsOf(coordinator, stepsRoot));
        w.coordinator = coordinator;
        emit CoordinatorReplaced(workflow, coordinator);
    }

    /// @inheritdoc IMarketWorkflows
    function cancel(uint48 workflow) external {
        Workflow storage w = _requesters(workflow);
        _end(workflow, w, WorkflowLib.CANCELLED);
        emit WorkflowCancelled(workflow);
    }

    /// @inheritdoc IMarketWorkflows
    function finish(uint48 workflow) external {
        Workflow storage w = _known(workflow);
        if (msg.sender != w.coordinator && msg.sender != w.requester) revert NotCoordinator(msg.sender);
        if (w.hasFinal) revert FinalProofMissing(workflow);
        _end(workflow, w, WorkflowLib.COMPLETED);
        emit WorkflowCompleted(workflow, address(0), 0);
    }

    /// @inheritdoc IMarketWorkflows
    function refund(uint48 workflow) external {
        Workflow storage w = _known(workflow);
        WorkflowHead head = w.head;
        if (_takesClaims(w, head)) revert WorkflowOpen(workflow);
        uint256 spent = _spent(workflow, w.taskCount);
        uint256 fee = w.feeSettled ? w.feePaid : _feeCeiling(spent, head.feeBps());
        uint256 kept = spent + fee + w.refunded;
        if (kept >= w.escrow) revert NothingToRefund(workflow);
        uint64 amount = uint64(w.escrow - kept);
        w.refunded += amount;
        _credit(w.requester, amount);
        emit EscrowRefunded(workflow, amount);
    }

    /// @inheritdoc IMarketWorkflows
    function payFee(uint48 workflow) external {
        Workflow storage w = _known(workflow);
        WorkflowHead head = w.head;
        if (_takesClaims(w, head)) revert WorkflowOpen(workflow);
        if (w.feeSettled) revert FeeNotDue(workflow, 0);
        // The last claim may be made at the end, and its last commitment be struck `tail` later.
        uint256 dueAt = _claimsUntil(w, head) + w.tail + Limits.FEE_DELAY;
        if (block.timestamp <= dueAt) revert FeeNotDue(workflow, dueAt);
        if (w.disputes != 0) revert DisputesOpen(workflow, w.disputes);
        uint64 amount = uint64((_spent(workflow, w.taskCount) * head.feeBps()) / Limits.BPS);
        (w.feePaid, w.feeSettled) = (amount, true);
        _credit(w.coordinator, amount);
        emit FeePaid(workflow, w.coordinator, amount);
    }

    // ---------------------------------------------------------------- internal

    /// @dev The workflow, if the caller is its requester.
    function _requesters(uint48 workflow) private view returns (Workflow storage w) {
        w = _known(workflow);
        if (msg.sender != w.requester) revert NotRequester(msg.sender);
    }

    function _checkDeadline(uint40 deadline, uint256 least) private view {
        uint256 most = block.timestamp + Limits.MAX_DURATION;
        if (deadline < least || deadline > most) revert TermOutOfRange("deadline", deadline, least, most);
    }

    function _checkSilenceDelay(uint32 delay) private pure {
        if (delay < Limits.MIN_SILENCE_DELAY || delay > Limits.MAX_DURATION)
            revert TermOutOfRange("silenceDelay", delay, Limits.MIN_SILENCE_DELAY, Limits.MAX_DURATION);
    }

    /// @dev Rounded up: what must be kept for a fee that is rounded down when it is paid.
    function _feeCeiling(uint256 spent, uint256 feeBps) private pure returns (uint256) {
        return (spent * feeBps + Limits.BPS - 1) / Limits.BPS;
    }

    /// @dev Reads one word per 192 tasks, at most 521 (Limits.MAX_TASKS).
    function _spent(uint48 workflow, uint256 tasks) private view returns (uint256 spent) {
        uint256 words = (tasks + TaskWordLib.TASKS - 1) / TaskWordLib.TASKS;
        for (uint256 i = 0; i < words; ++i) spent += _workflows[workflow].words[i].spent();
    }
}
