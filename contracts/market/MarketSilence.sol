// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketSilence} from "../interfaces/parts/IMarketSilence.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {LeafOpening, StepTerms, Ticket} from "../interfaces/MarketTypes.sol";
import {Account} from "../libraries/AccountLib.sol";
import {AssignmentLib} from "../libraries/AssignmentLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {Retry} from "../libraries/RetryLib.sol";
import {SlotLib} from "../libraries/SlotLib.sol";
import {StepsLib} from "../libraries/StepsLib.sol";
import {TaskWord, TaskWordLib} from "../libraries/TaskWordLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {Workflow, WorkflowHead, WorkflowLib} from "../libraries/WorkflowLib.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title Coordinators that fall silent
/// @notice Anyone may declare a coordinator silent. If it does not answer within the workflow's delay, tasks whose statement the
/// requester fixed at opening (a leaf under `openRoot`) can be claimed by anyone with stake, at the ceiling. For all others the
/// requester is refunded at the deadline.
abstract contract MarketSilence is IMarketSilence, MarketBase {
    using TicketLib for Ticket;

    /// @inheritdoc IMarketSilence
    function declareSilent(uint48 workflow) external {
        Workflow storage w = _known(workflow);
        _requireClaimable(workflow, w.head);
        if (w.silenceDelay == 0) revert NotSilent(workflow, 0);
        if (w.silentAt != 0) revert SilentAlready(workflow);
        _accounts[msg.sender] = _accounts[msg.sender].lock(LATE_GAS_REFUND);
        (w.silentAt, w.silentBy) = (uint40(block.timestamp), msg.sender);
        emit SilenceDeclared(workflow, msg.sender, LATE_GAS_REFUND);
    }

    /// @inheritdoc IMarketSilence
    function answerSilence(uint48 workflow) external {
        Workflow storage w = _known(workflow);
        if (msg.sender != w.coordinator) revert NotCoordinator(msg.sender);
        if (w.silentAt == 0) revert NotSilent(workflow, 0);
        address by = w.silentBy;
        (w.silentAt, w.silentBy) = (0, address(0));
        uint64 bond = 0;
        if (by != address(0)) {
            bond = LATE_GAS_REFUND;
            _accounts[by] = _accounts[by].unlock(0, bond);
            _credit(msg.sender, bond);
        }
        emit SilenceAnswered(workflow, by, bond);
    }

    /// @inheritdoc IMarketSilence
    function endSilence(uint48 workflow) external {
        Workflow storage w = _known(workflow);
        address by = w.silentBy;
        if (by == address(0)) revert NotSilent(workflow, 0);
        uint256 until = uint256(w.silentAt) + w.silenceDelay;
        if (w.head.claimableAt(block.timestamp) && block.timestamp <= until) revert NotSilent(workflow, until);
        w.silentBy = address(0);
        _accounts[by] = _accounts[by].unlock(LATE_GAS_REFUND, 0);
        emit SilenceEnded(workflow, by, LATE_GAS_REFUND);
    }

    /// @inheritdoc IMarketSilence
    function claimOpen(
        address operator,
        uint16 slot,
        uint48 workflow,
        uint8 step,
        StepTerms calldata terms,
        bytes32[] calldata path,
        uint16 attempt,
        LeafOpening[] calldata leaves
    ) external {
        _requireActsFor(operator);
        if (!_slots[operator][slot].reusable()) revert SlotBusy(slot);
        Workflow storage w = _known(workflow);
        _requireSilent(workflow, w, step, terms, path);
        if (leaves.length == 0 || leaves.length > Limits.MAX_OPEN_CLAIM)
            revert TermOutOfRange("leaves", leaves.length, 1, Limits.MAX_OPEN_CLAIM);
        uint256 word = leaves[0].leaf.task / TaskWordLib.TASKS;
        uint192 mask = _openMask(w, terms, attempt, leaves, word);

        Account account = _accounts[operator].lock(leaves.length * terms.bond);
        if (account.stake() < MIN_STAKE) revert StakeBelowMinimum(account.stake(), MIN_STAKE);
        _accounts[operator] = account;
        Ticket memory t = Ticket(
            TicketLib.packMoney(
                workflow,
                terms.ceiling,
                terms.bond,
                terms.isFinal ? 0 : terms.window,
                uint256(terms.rule),
                leaves.length,
                true
            ),
            TicketLib.packScope(word, step, attempt, mask),
            TicketLib.pair(uint256(terms.judge.openRoot), StepsLib.judgeHash(terms.judge))
        );
        uint256 deadline = block.timestamp + terms.claimTime;
        _slots[operator][slot] = SlotLib.claimed(t.hash(), deadline);
        emit OpenClaimed(
            operator,
            workflow,
            slot,
            t,
            terms.judge.openRoot,
            StepsLib.judgeHash(terms.judge),
            uint40(deadline)
        );
    }

    // ---------------------------------------------------------------- internal

    function _requireSilent(
        uint48 workflow,
        Workflow storage w,
        uint8 step,
        StepTerms calldata terms,
        bytes32[] calldata path
    ) private view {
        WorkflowHead head = w.head;
        _requireClaimable(workflow, head);
        uint256 until = uint256(w.silentAt) + w.silenceDelay;
        if (w.silentAt == 0 || block.timestamp <= until) revert NotSilent(workflow, until);
        bytes32 root = MerkleProof.processProofCalldata(path, StepsLib.leafHash(step, terms));
        if (!StepsLib.fits(terms) || WorkflowLib.termsOf(w.coordinator, root) != head.terms())
            revert StepsMismatch(workflow, step);
    }

    /// @dev Takes the leaves' tasks: each was fixed at opening, is of the step, and is free.
    function _openMask(
        Workflow storage w,
        StepTerms calldata terms,
        uint16 attempt,
        LeafOpening[] calldata leaves,
        uint256 word
    ) private returns (uint192 mask) {
        TaskWord packed = w.words[word];
        uint256 next = 1;
        for (uint256 i = 0; i < leaves.length; ++i) {
            uint32 task = leaves[i].leaf.task;
            if (
                leaves[i].leaf.attempt != 0 ||
                !MerkleProof.verifyCalldata(
                    leaves[i].path,
                    terms.judge.openRoot,
                    AssignmentLib.leafHash(leaves[i].leaf)
                )
            ) revert LeafMismatch(task, leaves[i].leaf.attempt);
            uint192 bit = uint192(1 << (task % TaskWordLib.TASKS));
            if (
                task / TaskWordLib.TASKS != word ||
                mask >= bit ||
                task < terms.firstTask ||
                task - terms.firstTask >= terms.maxTasks
            ) revert TaskOutOfStep(uint16(word), bit, terms.firstTask, terms.maxTasks);
            if (packed.claimed() & bit != 0) {
                Retry retry = w.retries[task];
                if (!retry.isOpen()) revert TaskTaken(task, attempt);
                if (retry.attempt() >= next) next = uint256(retry.attempt()) + 1;
                w.retries[task] = retry.closed();
            }
            mask |= bit;
        }
        // No other: who may take the last attempt there is takes the task from everybody.
        if (attempt != next) revert AttemptInvalid(attempt);
        w.words[word] = packed.claim(mask, leaves.length * terms.ceiling);
    }
}
