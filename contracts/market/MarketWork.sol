// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    Assignment,
    ClaimCall,
    CommitCall,
    IMarket,
    Rule,
    SettleCall,
    StepTerms,
    TakeOver,
    Ticket
} from "../interfaces/IMarket.sol";
import {Account} from "../libraries/AccountLib.sol";
import {AssignmentLib} from "../libraries/AssignmentLib.sol";
import {BitsLib} from "../libraries/BitsLib.sol";
import {CommitmentLib} from "../libraries/CommitmentLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {Retry} from "../libraries/RetryLib.sol";
import {Slot, SlotLib} from "../libraries/SlotLib.sol";
import {StepsLib} from "../libraries/StepsLib.sol";
import {TaskWord, TaskWordLib} from "../libraries/TaskWordLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {WorkflowHead} from "../libraries/WorkflowLib.sol";
import {MarketEnds} from "./MarketEnds.sol";

/// @title The happy path: claim, commit, settle
abstract contract MarketWork is MarketEnds {
    using TicketLib for Ticket;
    using AssignmentLib for Assignment;

    /// @inheritdoc IMarket
    function advance(
        SettleCall[] calldata settles,
        CommitCall[] calldata commits,
        ClaimCall[] calldata claims
    ) external {
        // The caller's account stays on the stack: no function below touches it in storage.
        Account account = _accounts[msg.sender];
        for (uint256 i = 0; i < settles.length; ++i) account = _settle(settles[i], account);
        for (uint256 i = 0; i < commits.length; ++i) _commit(commits[i]);
        for (uint256 i = 0; i < claims.length; ++i) account = _claim(claims[i], account);
        if (settles.length | claims.length != 0) _accounts[msg.sender] = account;
    }

    // ---------------------------------------------------------------- settle

    function _settle(SettleCall calldata call, Account account) private returns (Account) {
        Ticket memory ticket = call.ticket;
        Slot slot = _slots[msg.sender][call.slot];
        if (slot.state() != SlotLib.COMMITTED) revert SlotState(call.slot, slot.state(), SlotLib.COMMITTED);
        if (slot.digest() != SlotLib.digestOf(ticket.hash(), call.commitmentsRoot)) revert DigestMismatch(call.slot);
        if (block.timestamp < slot.time()) revert NotMatured(slot.time());
        _slots[msg.sender][call.slot] = SlotLib.FREED;

        uint256 count = BitsLib.count(ticket.mask()) - slot.struck();
        uint256 pay = count * ticket.price();
        uint256 bond = count * ticket.bond();
        emit Settled(msg.sender, ticket.workflow(), call.slot, uint64(pay), uint64(bond));
        return account.unlock(bond, 0).addOwed(pay);
    }

    // ---------------------------------------------------------------- commit

    function _commit(CommitCall calldata call) private {
        Ticket memory part = call.ticket;
        _requireLive(msg.sender, call.slot, part);
        uint192 whole = part.mask();
        uint256 to = call.slot;
        if (call.subMask != 0) {
            uint192 rest = _restOf(whole, call.subMask);
            if (rest != 0) {
                to = call.partSlot;
                if (!_slots[msg.sender][to].reusable()) revert SlotBusy(to); // also refuses the claim's own slot
                _slots[msg.sender][call.slot] = SlotLib.claimed(part.withMask(rest).hash(), part.deadline());
                part = part.withMask(call.subMask);
            }
        }
        if (part.window() == 0) revert FinalTask(part.workflow());
        uint256 count = BitsLib.count(part.mask());
        if (call.commitments.length != count) revert CommitmentCount(call.commitments.length, count);
        bytes32 root = CommitmentLib.rootOf(call.commitments);
        if (part.rule() == Rule.Accepted)
            _requireSigned(
                _workflows[part.workflow()].head.coordinator(),
                AssignmentLib.acceptanceHash(part, msg.sender, root),
                call.acceptance
            );

        uint40 maturesAt = uint40(block.timestamp) + part.window();
        _slots[msg.sender][to] = SlotLib.committed(part.hash(), root, maturesAt);
        emit Committed(msg.sender, part.workflow(), call.slot, to, part, maturesAt, call.commitments);
    }

    // ---------------------------------------------------------------- claim

    function _claim(ClaimCall calldata call, Account account) private returns (Account) {
        Assignment calldata assignment = call.assignment;
        if (!_slots[msg.sender][call.slot].reusable()) revert SlotBusy(call.slot);
        uint192 mask = call.claimMask == 0 ? assignment.mask : call.claimMask;
        uint256 count = BitsLib.count(mask);
        if (count == 0 || count > Limits.MAX_BATCH || mask & ~assignment.mask != 0)
            revert MaskInvalid(mask, assignment.mask);

        StepTerms calldata terms = call.opening.terms;
        _checkAssignment(call, mask);
        uint256 gasRefunds = _takeTasks(call, mask, count);

        account = account.addOwed(gasRefunds).lock(count * terms.bond);
        uint64 stake = account.free() + account.locked();
        if (stake < MIN_STAKE) revert StakeBelowMinimum(stake, MIN_STAKE);

        uint40 deadline = uint40(block.timestamp) + terms.claimTime;
        Ticket memory ticket = Ticket(
            TicketLib.packHead(
                assignment.workflow,
                assignment.step,
                assignment.attempt,
                assignment.word,
                assignment.price,
                terms.bond,
                deadline,
                terms.rule
            ),
            TicketLib.packTail(terms.isFinal ? 0 : terms.window, mask),
            assignment.root
        );
        _slots[msg.sender][call.slot] = SlotLib.claimed(ticket.hash(), deadline);
        emit Claimed(msg.sender, assignment.workflow, call.slot, ticket);
        return account;
    }

    /// @dev Everything that must hold for the offer itself: open workflow, the step's terms, time, price, signature.
    function _checkAssignment(ClaimCall calldata call, uint192 mask) private view {
        Assignment calldata assignment = call.assignment;
        StepTerms calldata terms = call.opening.terms;
        WorkflowHead head = _workflows[assignment.workflow].head;
        if (!head.claimableAt(block.timestamp)) revert WorkflowClosed(assignment.workflow);
        if (!StepsLib.isUnder(call.opening, assignment.step, _workflows[assignment.workflow].stepsRoot))
            revert StepsMismatch(assignment.workflow, assignment.step);
        if (mask & ~_stepMask(terms, assignment.word) != 0)
            revert TaskOutOfStep(assignment.word, mask, terms.firstTask, terms.maxTasks);
        if (assignment.price > terms.ceiling) revert PriceAboveCeiling(assignment.price, terms.ceiling);
        uint256 latest = block.timestamp + terms.claimTime;
        if (assignment.claimBy < block.timestamp || assignment.claimBy > latest)
            revert ClaimByInvalid(assignment.claimBy, latest);
        _requireSigned(head.coordinator(), assignment.hash(msg.sender), call.signature);
    }

    /// @dev The bits of a word that belong to a step.
    function _stepMask(StepTerms calldata terms, uint256 word) private pure returns (uint192) {
        unchecked {
            uint256 base = word * TaskWordLib.TASKS;
            uint256 first = terms.firstTask;
            uint256 end = first + terms.maxTasks;
            return BitsLib.range(first > base ? first - base : 0, end > base ? end - base : 0);
        }
    }

    /// @dev Sets the claimed bits. A bit that is set already must be taken over, or be open to a later attempt.
    /// @return gasRefunds units that the caller has earned by taking over
    function _takeTasks(ClaimCall calldata call, uint192 mask, uint256 count) private returns (uint256 gasRefunds) {
        Assignment calldata assignment = call.assignment;
        TaskWord word = _taskWords[assignment.workflow][assignment.word];
        uint192 held = word.claimed() & mask;
        for (uint256 i = 0; i < call.takeOvers.length; ++i) {
            (uint192 taken, uint256 freed, uint256 gasRefund) = _takeOver(call.takeOvers[i], assignment, held);
            held ^= taken;
            word = word.giveBack(freed);
            gasRefunds += gasRefund;
        }
        while (held != 0) {
            uint192 bit = held & (~held + 1);
            uint32 task = uint32(assignment.word * TaskWordLib.TASKS + BitsLib.lowest(held));
            Retry retry = _retries[assignment.workflow][task];
            if (!retry.isOpen() || retry.fences(assignment.attempt)) revert TaskTaken(task, assignment.attempt);
            _retries[assignment.workflow][task] = retry.closed();
            held ^= bit;
        }
        _taskWords[assignment.workflow][assignment.word] = word.claim(mask, count * assignment.price);
    }

    /// @dev Ends another operator's expired claim of held tasks, without opening them to anybody else.
    /// @return taken tasks that this claim held
    /// @return freed units that return to the escrow
    /// @return gasRefund units for the caller
    function _takeOver(
        TakeOver calldata call,
        Assignment calldata assignment,
        uint192 held
    ) private returns (uint192 taken, uint256 freed, uint256 gasRefund) {
        // The caller's account is on the stack; an operator ends its own expired claims with `expire`.
        if (call.holder == msg.sender) revert OwnClaim(msg.sender);
        Ticket memory ticket = call.ticket;
        taken = ticket.mask() & held;
        if (
            taken == 0 ||
            ticket.workflow() != assignment.workflow ||
            ticket.word() != assignment.word ||
            ticket.attempt() >= assignment.attempt
        ) revert TakeOverInvalid(call.holder, call.slot);
        _requireExpired(call.holder, call.slot, ticket);
        freed = BitsLib.count(taken) * ticket.price();
        gasRefund = _expireTasks(call.holder, call.slot, ticket, taken);
    }
}
