// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketWork} from "../interfaces/parts/IMarketWork.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Rule, Ticket} from "../interfaces/MarketTypes.sol";
import {Account} from "../libraries/AccountLib.sol";
import {AssignmentLib, Offer} from "../libraries/AssignmentLib.sol";
import {BitsLib} from "../libraries/BitsLib.sol";
import {CommitmentLib} from "../libraries/CommitmentLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {Cursor, OperationsLib} from "../libraries/OperationsLib.sol";
import {Retry} from "../libraries/RetryLib.sol";
import {Slot, SlotLib} from "../libraries/SlotLib.sol";
import {StepCore} from "../libraries/StepCoreLib.sol";
import {TaskWord, TaskWordLib} from "../libraries/TaskWordLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {Workflow, WorkflowHead, WorkflowLib} from "../libraries/WorkflowLib.sol";
import {MarketClaims} from "./MarketClaims.sol";

/// @title The happy path: settle, commit, claim
/// @dev The cursor moves on with everything that is read; see OperationsLib for the bytes. Sums and products are unchecked: fields have
/// at most 56 bits, counts 8, positions 32.
abstract contract MarketWork is IMarketWork, MarketClaims {
    using TicketLib for Ticket;
    using AssignmentLib for Offer;
    using SlotLib for Slot[65536];
    using TaskWordLib for TaskWord[65536];

    /// @inheritdoc IMarketWork
    function advance(bytes calldata operations) external {
        _advance(msg.sender, operations);
    }

    /// @inheritdoc IMarketWork
    function advanceFor(address operator, bytes calldata operations) external {
        _requireActsFor(operator);
        _advance(operator, operations);
    }

    // ---------------------------------------------------------------- internal

    function _advance(address operator, bytes calldata operations) private {
        unchecked {
            uint256 start;
            assembly ("memory-safe") {
                start := add(operations.offset, 2)
            }
            uint256 first = OperationsLib.word(start - 2);
            uint256 factsEnd = start + (first >> 240);
            Cursor memory cursor = Cursor(start + 3, factsEnd);
            Slot[65536] storage slots = _slots[operator];
            // The operator's account stays on the stack: no function below touches it in storage.
            Account account = _accounts[operator];
            for (uint256 n = uint8(first >> 232); n != 0; --n) account = _settle(slots, cursor, account);
            for (uint256 n = uint8(first >> 224); n != 0; --n) _commit(operator, slots, cursor);
            for (uint256 n = uint8(first >> 216); n != 0; --n) account = _claim(operator, slots, cursor, account);
            _accounts[operator] = account;
            if (cursor.facts != factsEnd || cursor.evidence != start - 2 + operations.length)
                revert OperationsMalformed();
            emit Advanced(operator, OperationsLib.slice(start, factsEnd - start));
        }
    }

    // ---------------------------------------------------------------- settle

    function _settle(Slot[65536] storage slots, Cursor memory cursor, Account account) private returns (Account) {
        unchecked {
            uint256 slotId = OperationsLib.uint_(cursor.facts, 16);
            uint256 at = cursor.evidence;
            (cursor.facts, cursor.evidence) = (cursor.facts + 2, at + 64);
            uint256 money = OperationsLib.word(at);
            Slot slot = slots.load(slotId);
            if (slot.state() != SlotLib.COMMITTED) revert SlotState(slotId, slot.state(), SlotLib.COMMITTED);
            bytes32 batchHash = TicketLib.pair(money, bytes32(OperationsLib.word(at + 32)));
            if (slot.digest() != SlotLib.digestOf(batchHash)) revert DigestMismatch(slotId);
            if (block.timestamp < slot.time()) revert NotMatured(slot.time());
            slots.store(slotId, SlotLib.FREED);

            uint256 bonded = uint256(TicketLib.countOf(money)) - slot.removed();
            uint256 paid = bonded - slot.voided();
            return account.unlock(bonded * TicketLib.bondOf(money), 0).addOwed(paid * TicketLib.priceOf(money));
        }
    }

    // ---------------------------------------------------------------- commit

    function _commit(address operator, Slot[65536] storage slots, Cursor memory cursor) private {
        unchecked {
            uint256 facts = cursor.facts;
            uint256 slotId = OperationsLib.uint_(facts, 16);
            uint256 count = OperationsLib.uint_(facts + 2, 8);
            uint256 kind = OperationsLib.uint_(facts + 3, 8);
            facts += 4;
            uint256 money;
            bytes32 rest;
            if (kind == 0) {
                uint256 at = cursor.evidence;
                cursor.evidence = at + 64;
                money = OperationsLib.word(at);
                rest = bytes32(OperationsLib.word(at + 32));
                _requireLive(slots.load(slotId), slotId, TicketLib.pair(money, rest));
            } else {
                if (kind != 1) revert OperationsMalformed();
                (slotId, money, rest) = _splitClaim(slots, slotId, facts, cursor);
                facts += 26;
            }
            uint256 window = TicketLib.windowOf(money);
            if (window == 0) revert FinalTask(TicketLib.workflowOf(money));
            if (TicketLib.countOf(money) != count) revert CommitmentCount(count, TicketLib.countOf(money));
            bytes32 root = CommitmentLib.rootOf(OperationsLib.words(facts, count));
            cursor.facts = facts + count * 32;
            if (TicketLib.ruleOf(money) == Rule.Accepted) _requireAccepted(operator, money, rest, root, cursor);
            bytes32 batchHash = TicketLib.pair(money, TicketLib.pair(uint256(rest), root));
            slots.store(slotId, SlotLib.committed(batchHash, block.timestamp + window));
        }
    }

    /// @dev Reads the coordinator's acceptance.
    function _requireAccepted(
        address operator,
        uint256 money,
        bytes32 rest,
        bytes32 root,
        Cursor memory cursor
    ) private view {
        _requireSigned(
            _workflows[TicketLib.workflowOf(money)].coordinator,
            AssignmentLib.acceptanceHash(operator, TicketLib.pair(money, rest), root),
            _readSignature(cursor)
        );
    }

    function _readSignature(Cursor memory cursor) private pure returns (bytes calldata signature) {
        unchecked {
            uint256 at = cursor.evidence;
            uint256 length = OperationsLib.uint_(at, 16);
            signature = OperationsLib.slice(at + 2, length);
            cursor.evidence = at + 2 + length;
        }
    }

    /// @dev Takes some tasks out of a live claim, to be committed in a slot of their own.
    /// @param facts where that slot and the tasks stand
    /// @return to that slot
    /// @return money of the part
    /// @return rest of the part
    function _splitClaim(
        Slot[65536] storage slots,
        uint256 from,
        uint256 facts,
        Cursor memory cursor
    ) private returns (uint256 to, uint256 money, bytes32 rest) {
        unchecked {
            to = OperationsLib.uint_(facts, 16);
            uint192 subMask = uint192(OperationsLib.uint_(facts + 2, 192));
            Ticket memory whole = _readTicket(cursor.evidence);
            cursor.evidence += 96;
            uint256 deadline = _requireLive(slots.load(from), from, whole.hash());
            uint192 left = _restOf(whole.mask(), subMask);
            if (left == 0) revert MaskInvalid(subMask, whole.mask()); // all tasks: kind 0
            if (!slots.load(to).reusable()) revert SlotBusy(to); // also refuses the claim's own slot
            uint256 count = BitsLib.count(subMask);
            slots.store(from, SlotLib.claimed(whole.part(left, whole.count() - count).hash(), deadline));
            Ticket memory part = whole.part(subMask, count);
            (money, rest) = (part.money, part.rest());
        }
    }

    function _readTicket(uint256 at) private pure returns (Ticket memory) {
        unchecked {
            return Ticket(OperationsLib.word(at), OperationsLib.word(at + 32), bytes32(OperationsLib.word(at + 64)));
        }
    }

    // ---------------------------------------------------------------- claim

    function _claim(
        address operator,
        Slot[65536] storage slots,
        Cursor memory cursor,
        Account account
    ) private returns (Account) {
        unchecked {
            uint256 slotId = OperationsLib.uint_(cursor.facts, 16);
            if (!slots.load(slotId).reusable()) revert SlotBusy(slotId);
            Offer memory offer;
            (uint192 mask, StepCore core, bytes32 judgeHash) = _readOffer(operator, offer, cursor);
            Workflow storage w = _workflows[uint48(offer.workflow)];
            _requireOffered(w, offer, core.leafHash(judgeHash), cursor);

            uint256 count = BitsLib.count(mask);
            if (count == 0 || count > Limits.MAX_BATCH || mask & ~offer.mask != 0)
                revert MaskInvalid(mask, uint192(offer.mask));
            uint256 bond = core.bond();
            uint256 gasRefunds = _takeTasks(operator, w, offer, mask, count * offer.price, cursor);
            account = account.addOwed(gasRefunds).lock(count * bond);
            if (account.stake() < MIN_STAKE) revert StakeBelowMinimum(account.stake(), MIN_STAKE);
            uint256 money = TicketLib.packMoney(
                offer.workflow,
                offer.price,
                bond,
                core.isFinal() ? 0 : core.window(),
                core.rule(),
                count,
                false
            );
            bytes32 rest = TicketLib.pair(
                TicketLib.packScope(offer.word, offer.step, offer.attempt, mask),
                TicketLib.pair(uint256(offer.root), judgeHash)
            );
            slots.store(slotId, SlotLib.claimed(TicketLib.pair(money, rest), block.timestamp + core.claimTime()));
            return account;
        }
    }

    /// @dev Reads the facts of a claim and checks what needs no more than them: tasks in the step, price, time.
    function _readOffer(
        address operator,
        Offer memory offer,
        Cursor memory cursor
    ) private view returns (uint192 mask, StepCore core, bytes32 judgeHash) {
        unchecked {
            uint256 at = cursor.facts + 2;
            // The fields in front of the root, 46 bytes, come in two words.
            uint256 a = OperationsLib.word(at);
            uint256 b = OperationsLib.word(at + 14);
            offer.typehash = AssignmentLib.ASSIGNMENT_TYPEHASH;
            offer.workflow = a >> 208;
            offer.operator = operator;
            offer.attempt = uint16(a >> 192);
            offer.word = uint16(a >> 176);
            offer.mask = (uint256(uint176(a)) << 16) | uint16(b >> 96);
            offer.price = uint56(b >> 40);
            offer.claimBy = uint40(b);
            offer.root = bytes32(OperationsLib.word(at + 46));
            uint256 kind = OperationsLib.uint_(at + 78, 8);
            at += 79;
            mask = uint192(offer.mask);
            if (kind != 0) {
                if (kind != 1) revert OperationsMalformed();
                mask = uint192(OperationsLib.uint_(at, 192));
                at += 24;
            }
            core = StepCore.wrap(OperationsLib.word(at));
            offer.step = core.step();
            judgeHash = bytes32(OperationsLib.word(at + 32));
            cursor.facts = at + 64;

            if (mask & ~_stepMask(core, offer.word) != 0)
                revert TaskOutOfStep(uint16(offer.word), mask, core.firstTask(), core.maxTasks());
            if (offer.attempt == 0) revert AttemptInvalid(0);
            if (offer.price > core.ceiling()) revert PriceAboveCeiling(uint64(offer.price), core.ceiling());
            uint256 latest = block.timestamp + core.claimTime();
            if (offer.claimBy < block.timestamp || offer.claimBy > latest)
                revert ClaimByInvalid(uint40(offer.claimBy), latest);
        }
    }

    /// @dev Reverts unless the workflow takes claims, and who signed the offer is its coordinator, and the leaf is one of its steps.
    /// @param leaf the step's, with which the path to the steps' root begins
    function _requireOffered(Workflow storage w, Offer memory offer, bytes32 leaf, Cursor memory cursor) private view {
        unchecked {
            uint256 at = cursor.evidence;
            bytes32 stepsRoot = leaf;
            uint256 length = OperationsLib.uint_(at, 8);
            if (length != 0) stepsRoot = MerkleProof.processProofCalldata(OperationsLib.words(at + 1, length), leaf);
            cursor.evidence = at + 1 + length * 32;
            bytes calldata signature = _readSignature(cursor);

            WorkflowHead head = w.head;
            if (!_takesClaims(w, head)) revert WorkflowClosed(uint48(offer.workflow));
            bytes32 structHash = offer.hash();
            address signer = _recover(structHash, signature);
            if (WorkflowLib.termsOf(signer, stepsRoot) == head.terms() && signer != address(0)) return;
            // Not the coordinator's own key: it may be a contract, or something is wrong.
            address coordinator = w.coordinator;
            if (WorkflowLib.termsOf(coordinator, stepsRoot) != head.terms())
                revert StepsMismatch(uint48(offer.workflow), uint8(offer.step));
            _requireSigned(coordinator, structHash, signature);
        }
    }

    /// @dev The bits of a word that belong to a step.
    function _stepMask(StepCore core, uint256 word) private pure returns (uint192) {
        unchecked {
            uint256 base = word * TaskWordLib.TASKS;
            uint256 first = core.firstTask();
            uint256 end = first + core.maxTasks();
            return BitsLib.range(first > base ? first - base : 0, end > base ? end - base : 0);
        }
    }

    /// @dev Sets the claimed bits. A bit that is set already must be taken over, or be open to a later attempt.
    /// @return gasRefunds units that the operator has earned by taking over
    function _takeTasks(
        address operator,
        Workflow storage w,
        Offer memory offer,
        uint192 mask,
        uint256 spending,
        Cursor memory cursor
    ) private returns (uint256 gasRefunds) {
        unchecked {
            TaskWord word = w.words.load(offer.word);
            uint192 held = word.claimed() & mask;
            uint256 at = cursor.evidence;
            uint256 takeOvers = OperationsLib.uint_(at, 8);
            at += 1;
            for (; takeOvers != 0; --takeOvers) {
                (uint192 taken, uint256 freed, uint256 gasRefund) = _takeOver(operator, offer, held, at);
                held ^= taken;
                word = word.giveBack(freed);
                gasRefunds += gasRefund;
                at += 118;
            }
            cursor.evidence = at;
            if (held != 0) _takeOpen(w, offer, held);
            w.words.store(offer.word, word.claim(mask, spending));
        }
    }

    /// @dev Takes tasks that were claimed before and are open to a later attempt.
    function _takeOpen(Workflow storage w, Offer memory offer, uint192 held) private {
        while (held != 0) {
            uint32 task = uint32(offer.word * TaskWordLib.TASKS + BitsLib.lowest(held));
            Retry retry = w.retries[task];
            if (!retry.isOpen() || retry.fences(uint16(offer.attempt))) revert TaskTaken(task, uint16(offer.attempt));
            w.retries[task] = retry.closed();
            held &= held - 1;
        }
    }

    /// @dev Ends another operator's expired claim of held tasks, without opening them to anybody else.
    /// @return taken tasks that this claim held
    /// @return freed units that return to the escrow
    /// @return gasRefund units for the caller
    function _takeOver(
        address operator,
        Offer memory offer,
        uint192 held,
        uint256 at
    ) private returns (uint192 taken, uint256 freed, uint256 gasRefund) {
        address holder = address(uint160(OperationsLib.uint_(at, 160)));
        uint256 slotId = OperationsLib.uint_(at + 20, 16);
        // The caller's account is on the stack; an operator ends its own expired claims with `expire`.
        if (holder == operator) revert OwnClaim(operator);
        Ticket memory ticket = _readTicket(at + 22);
        taken = ticket.mask() & held;
        if (
            taken == 0 ||
            ticket.workflow() != offer.workflow ||
            ticket.word() != offer.word ||
            ticket.attempt() >= offer.attempt
        ) revert TakeOverInvalid(holder, slotId);
        _requireExpired(holder, slotId, ticket.hash());
        freed = BitsLib.count(taken) * ticket.price();
        gasRefund = _expireTasks(holder, slotId, ticket, taken, operator);
    }
}
