// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rule, StepTerms, Ticket} from "../interfaces/MarketTypes.sol";
import {Account} from "../libraries/AccountLib.sol";
import {BitsLib} from "../libraries/BitsLib.sol";
import {CommitmentLib} from "../libraries/CommitmentLib.sol";
import {Retry} from "../libraries/RetryLib.sol";
import {Slot, SlotLib} from "../libraries/SlotLib.sol";
import {StepsLib} from "../libraries/StepsLib.sol";
import {TaskWord} from "../libraries/TaskWordLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {WorkflowHead, WorkflowLib} from "../libraries/WorkflowLib.sol";

/// @title The libraries from outside, for their tests
contract LibraryHarness {
    using TicketLib for Ticket;

    function account(Account a) external pure returns (uint64 free, uint64 locked, uint64 owed) {
        return (a.free(), a.locked(), a.owed());
    }

    function addFree(Account a, uint256 x) external pure returns (Account) {
        return a.addFree(x);
    }

    function takeFree(Account a, uint256 x) external pure returns (Account) {
        return a.takeFree(x);
    }

    function lock(Account a, uint256 x) external pure returns (Account) {
        return a.lock(x);
    }

    function unlock(Account a, uint256 back, uint256 slashed) external pure returns (Account) {
        return a.unlock(back, slashed);
    }

    function addOwed(Account a, uint256 x) external pure returns (Account) {
        return a.addOwed(x);
    }

    function clearOwed(Account a) external pure returns (Account) {
        return a.clearOwed();
    }

    function slot(
        Slot s
    ) external pure returns (uint8 state, uint8 removed, uint8 voided, uint32 time, uint200 digest, bool reusable) {
        return (s.state(), s.removed(), s.voided(), s.time(), s.digest(), s.reusable());
    }

    function slotClaimed(bytes32 hash, uint256 time) external pure returns (Slot) {
        return SlotLib.claimed(hash, time);
    }

    function slotCommitted(bytes32 hash, uint256 time) external pure returns (Slot) {
        return SlotLib.committed(hash, time);
    }

    function slotRemoved(Slot s) external pure returns (Slot) {
        return s.addRemoved();
    }

    function slotVoided(Slot s) external pure returns (Slot) {
        return s.addVoided();
    }

    function slotVoidedToRemoved(Slot s) external pure returns (Slot) {
        return s.voidedToRemoved();
    }

    function word(TaskWord w) external pure returns (uint192 claimed, uint64 spent) {
        return (w.claimed(), w.spent());
    }

    function wordClaim(TaskWord w, uint192 mask, uint256 amount) external pure returns (TaskWord) {
        return w.claim(mask, amount);
    }

    function wordGiveBack(TaskWord w, uint256 amount) external pure returns (TaskWord) {
        return w.giveBack(amount);
    }

    function retry(
        Retry r,
        uint16 attempt_
    ) external pure returns (uint16 attempt, bool open, bool fences, uint16 struckAttempt, uint64 pot, bool disputed) {
        return (r.attempt(), r.isOpen(), r.fences(attempt_), r.struckAttempt(), r.pot(), r.wasDisputed());
    }

    function retryOpened(Retry r, uint16 attempt) external pure returns (Retry) {
        return r.opened(attempt);
    }

    function retryClosed(Retry r) external pure returns (Retry) {
        return r.closed();
    }

    function retryDisputed(Retry r) external pure returns (Retry) {
        return r.disputed();
    }

    function retryWithPot(Retry r, uint64 pot) external pure returns (Retry) {
        return r.withPot(pot);
    }

    function retryStruck(Retry r, uint16 attempt, uint64 pot) external pure returns (Retry) {
        return r.struck(attempt, pot);
    }

    function bits(uint192 mask) external pure returns (uint256 count, uint256 lowest) {
        return (BitsLib.count(mask), mask == 0 ? 0 : BitsLib.lowest(mask));
    }

    function range(uint256 from, uint256 to) external pure returns (uint192) {
        return BitsLib.range(from, to);
    }

    function commitmentsRoot(bytes32[] calldata commitments) external pure returns (bytes32) {
        return CommitmentLib.rootOf(commitments);
    }

    function stepsRoot(StepTerms[] calldata steps) external view returns (bytes32) {
        return StepsLib.summarise(steps).root;
    }

    function ticketHash(Ticket memory t) external pure returns (bytes32) {
        return t.hash();
    }

    function batchHash(Ticket memory t, bytes32 root) external pure returns (bytes32) {
        return t.batchHash(root);
    }

    function ticketPart(Ticket memory t, uint192 mask, uint256 count) external pure returns (Ticket memory) {
        return t.part(mask, count);
    }

    function ticket(
        Ticket memory t
    )
        external
        pure
        returns (
            uint48 workflow,
            uint8 step,
            uint16 attempt,
            uint16 word_,
            uint56 price,
            uint56 bond,
            Rule rule,
            uint24 window,
            uint8 count,
            bool open,
            uint192 mask
        )
    {
        (workflow, step, attempt, word_) = (t.workflow(), t.step(), t.attempt(), t.word());
        (price, bond, rule, window) = (t.price(), t.bond(), t.rule(), t.window());
        (count, open, mask) = (t.count(), t.isOpen(), t.mask());
    }

    function head(WorkflowHead h) external pure returns (uint200 terms, uint32 deadline, uint16 feeBps, uint8 status) {
        return (h.terms(), h.deadline(), h.feeBps(), h.status());
    }

    function packHead(
        uint200 terms,
        uint256 deadline,
        uint16 feeBps,
        uint8 status
    ) external pure returns (WorkflowHead) {
        return WorkflowLib.pack(terms, deadline, feeBps, status);
    }

    function withHead(
        WorkflowHead h,
        uint200 terms,
        uint256 deadline,
        uint8 status
    ) external pure returns (WorkflowHead) {
        return h.withTerms(terms).withDeadline(deadline).withStatus(status);
    }

    function termsOf(address coordinator, bytes32 stepsRoot_) external pure returns (uint200) {
        return WorkflowLib.termsOf(coordinator, stepsRoot_);
    }
}
