// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rule, StepTerms, TermsOpening, Ticket} from "../interfaces/IMarket.sol";
import {Account} from "../libraries/AccountLib.sol";
import {BitsLib} from "../libraries/BitsLib.sol";
import {CommitmentLib} from "../libraries/CommitmentLib.sol";
import {Retry, RetryLib} from "../libraries/RetryLib.sol";
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
    ) external pure returns (uint8 state, uint8 struck, uint40 time, uint200 digest, bool reusable) {
        return (s.state(), s.struck(), s.time(), s.digest(), s.reusable());
    }

    function slotClaimed(bytes32 hash, uint40 time) external pure returns (Slot) {
        return SlotLib.claimed(hash, time);
    }

    function slotCommitted(bytes32 hash, bytes32 root, uint40 time) external pure returns (Slot) {
        return SlotLib.committed(hash, root, time);
    }

    function slotStruck(Slot s) external pure returns (Slot) {
        return s.addStrike();
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

    function retry(Retry r, uint16 attempt_) external pure returns (uint16 attempt, bool open, bool fences) {
        return (r.attempt(), r.isOpen(), r.fences(attempt_));
    }

    function retryOpened(uint16 attempt) external pure returns (Retry) {
        return RetryLib.opened(attempt);
    }

    function retryClosed(Retry r) external pure returns (Retry) {
        return r.closed();
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

    function termsUnder(TermsOpening calldata opening, uint8 step, bytes32 root) external pure returns (bool) {
        return StepsLib.isUnder(opening, step, root);
    }

    function stepsRoot(StepTerms[] calldata steps) external view returns (bytes32) {
        return StepsLib.summarise(steps).root;
    }

    function ticketHash(Ticket memory t) external pure returns (bytes32) {
        return t.hash();
    }

    function ticketWithMask(Ticket memory t, uint192 mask) external pure returns (Ticket memory) {
        return t.withMask(mask);
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
            uint40 deadline,
            Rule rule,
            uint32 window,
            uint192 mask
        )
    {
        workflow = t.workflow();
        step = t.step();
        attempt = t.attempt();
        word_ = t.word();
        price = t.price();
        bond = t.bond();
        deadline = t.deadline();
        rule = t.rule();
        window = t.window();
        mask = t.mask();
    }

    function head(
        WorkflowHead h
    )
        external
        pure
        returns (address coordinator, uint40 deadline, uint16 feeBps, uint24 tasks, bool hasFinal, uint8 status)
    {
        return (h.coordinator(), h.deadline(), h.feeBps(), h.taskCount(), h.hasFinal(), h.status());
    }

    function packHead(
        address coordinator,
        uint40 deadline,
        uint16 feeBps,
        uint24 tasks,
        bool hasFinal,
        uint8 status
    ) external pure returns (WorkflowHead) {
        return WorkflowLib.pack(coordinator, deadline, feeBps, tasks, hasFinal, status);
    }

    function withHead(
        WorkflowHead h,
        address coordinator,
        uint40 deadline,
        uint8 status
    ) external pure returns (WorkflowHead) {
        return h.withCoordinator(coordinator).withDeadline(deadline).withStatus(status);
    }
}
