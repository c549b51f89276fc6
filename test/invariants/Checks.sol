// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DiceLib} from "./Dice.sol";
import {
    Dispute,
    Fate as MarketFate,
    Juror as MarketJuror,
    Phase as CasePhase
} from "../../contracts/libraries/DisputeLib.sol";
import {Forms} from "./Forms.sol";
import {Case, Claim, Fate, Flow, FlowView, Juror, Phase, Pool, Purse, Status, Task} from "./Types.sol";
import {Views} from "./Views.sol";
import {World} from "./World.sol";

/// @title The invariants of contracts/README.md, as the market's views and the ghosts show them
/// @notice After every call what it touched is compared; everything is, and is summed up from the views, every SUM_EVERY calls and
/// at the end.
abstract contract Checks is World {
    uint256 private constant SUM_EVERY = 16;

    function check() external view {
        for (uint256 i = 0; i < touchedAccounts.length; ++i) _checkAccount(touchedAccounts[i]);
        for (uint256 i = 0; i < touchedFlows.length; ++i) _checkFlow(touchedFlows[i]);
        for (uint256 i = 0; i < touchedClaims.length; ++i) _checkClaim(touchedClaims[i]);
        for (uint256 i = 0; i < touchedCases.length; ++i) _checkCase(touchedCases[i]);
        _checkBalance();
        if (calls % SUM_EVERY == 0) checkEverything();
    }

    function checkEverything() public view {
        for (uint256 i = 0; i < actors.length; ++i) _checkAccount(actors[i]);
        for (uint48 i = 1; i < flows.length; ++i) _checkFlow(i);
        for (uint256 i = 0; i < live.length; ++i) _checkClaim(live[i]);
        for (uint256 i = 0; i < openCases.length; ++i) _checkCase(openCases[i]);
        for (uint256 i = 0; i < programs.length; ++i) _checkPool(programs[i]);
        _checkBalance();
        _checkConservation();
        _checkLocks();
        _checkSpending();
    }

    /// @dev Conservation: what all accounts and workflows hold, plus what was burned, is what came in less what went out.
    function _checkConservation() private view {
        uint256 held = burned;
        for (uint256 i = 0; i < actors.length; ++i) {
            Purse memory p = Views.purseOf(MARKET, actors[i]);
            held += uint256(p.free) + p.locked + p.owed + p.unbonding;
        }
        for (uint48 i = 1; i < flows.length; ++i) {
            FlowView memory f = Views.flowOf(MARKET, i, flows[i].tasks);
            held += uint256(f.escrow) - f.refunded - flows[i].fee - flows[i].paid;
        }
        require(held == totalIn - totalOut, "conservation: accounts and workflows do not add up");
        require(MARKET.held() == totalIn - totalOut, "conservation: the market does not know what it holds");
    }

    /// @dev Conservation: the contract holds every unit that it owes, and what was forced in belongs to nobody.
    function _checkBalance() private view {
        require(
            _balanceOf(address(MARKET)) + shrunk == (totalIn - totalOut) * UNIT + forced,
            "conservation: the balance is not what was accounted for"
        );
    }

    /// @dev Every unit is where the ghosts say, so nobody gains or loses by a call that is not about them.
    /// Bounded loss of an operator: it never lost more than bonds that it had locked.
    function _checkAccount(address account) private view {
        Purse memory p = Views.purseOf(MARKET, account);
        Purse storage ghost = purses[account];
        require(p.free == ghost.free, "accounts: free stake");
        require(p.locked == ghost.locked, "accounts: locked bonds");
        require(p.owed == ghost.owed, "accounts: owed");
        require(p.unbonding == ghost.unbonding, "accounts: unbonding stake");
        require(p.availableAt == ghost.availableAt, "accounts: end of unbonding");
        require(MARKET.delegateOf(account) == delegates[account], "accounts: delegate");
        require(everSlashed[account] <= everLocked[account], "bounded loss: an operator lost more than it locked");
    }

    /// @dev Bounded loss of the requester: spending, refunds and the fee never exceed the escrow.
    /// Legal status transitions: the status is the one that the allowed transitions lead to (see Book).
    function _checkFlow(uint48 workflow) private view {
        Flow storage ghost = flows[workflow];
        FlowView memory f = Views.flowOf(MARKET, workflow, ghost.tasks);
        uint256 fee = ghost.feeSettled ? ghost.fee : (uint256(f.spent) * ghost.feeBps + 9_999) / 10_000;
        require(f.spent + fee + f.refunded <= f.escrow, "bounded loss: a workflow spends more than its escrow");
        require(f.status == ghost.status, "transitions: a workflow's status");
        require(f.requester == ghost.requester && f.coordinator == ghost.coordinator, "workflows: who");
        uint200 terms = Forms.termsDigest(ghost.coordinator, ghost.stepsRoot);
        require(ghost.status == 0 || f.terms == terms, "workflows: terms");
        require(f.deadline == ghost.deadline, "workflows: deadline");
        require(f.endedAt == ghost.endedAt, "workflows: end");
        require(f.escrow == ghost.escrow && f.refunded == ghost.refunded, "workflows: escrow and refunds");
        require(f.spent == ghost.spent, "workflows: spent units");
        require(f.completion == ghost.completion, "workflows: completion");
    }

    /// @dev Legal status transitions: a slot is in the state that the allowed transitions lead to.
    /// Stake stays: whatever a claim or batch may still lead to is decided before stake can leave that starts to unbond now.
    /// Fencing: a task is open exactly if its last attempt ended, and the record names that attempt.
    function _checkClaim(uint256 id) private view {
        Claim storage c = claims[id];
        if (c.phase != Phase.Ended) {
            (uint8 state, uint40 time, uint8 removed, uint8 voided, uint200 digest) = MARKET.slotOf(c.operator, c.slot);
            require(digest == Forms.slotDigest(address(MARKET), c), "transitions: what a slot stands for");
            require(state == uint8(c.phase), "transitions: a slot's state");
            require(time == (c.phase == Phase.Claimed ? c.deadline : c.maturesAt), "transitions: a slot's time");
            require(removed == DiceLib.count(c.removed), "transitions: tasks that left a slot");
            require(voided == DiceLib.count(c.voided), "transitions: void tasks of a slot");
            require(c.removed & c.voided == 0, "transitions: a task is counted twice");
            uint256 last = c.phase == Phase.Claimed ? uint256(c.deadline) + c.window : c.maturesAt;
            bool overdue = c.phase == Phase.Claimed && c.deadline < block.timestamp;
            require(
                overdue || last < block.timestamp + UNBONDING_DELAY,
                "stake stays: a result matures after stake can leave"
            );
        } else if (occupied[c.operator][c.slot] == 0) {
            (uint8 state, , , , ) = MARKET.slotOf(c.operator, c.slot);
            require(state == 3, "transitions: the slot of an ended claim");
        }
        (uint192 bits, ) = MARKET.taskWordOf(c.workflow, c.word);
        require(c.mask & ~bits == 0, "exclusivity: a held task's bit is not set");
        for (uint192 left = c.mask; left != 0; left &= left - 1) {
            uint256 task = _taskOf(c.word, left);
            Task storage ghost = tasks[c.workflow][task];
            (uint16 attempt, bool open) = MARKET.retryOf(c.workflow, uint32(task));
            require(open == (ghost.status == Status.Open), "exclusivity: a task that is held or paid is open");
            require(!open || attempt == ghost.ended, "fencing: an open task's record is not of its last attempt");
            require(attempt <= ghost.ended, "fencing: a record of an attempt that did not end");
            _checkFate(c, task);
        }
    }

    /// @dev Void and struck attempts are on record, with what is left for those who built on the struck ones.
    function _checkFate(Claim storage c, uint256 task) private view {
        Fate storage ghost = fates[Forms.keyOf(c.workflow, task, c.attempt)];
        MarketFate memory f = MARKET.fateOf(c.workflow, uint32(task), c.attempt);
        require(f.isVoid == ghost.isVoid, "transitions: a void attempt");
        require(f.isStruck == ghost.isStruck && f.pot == ghost.pot, "transitions: a struck attempt");
    }

    /// @dev Legal status transitions: a dispute is in the phase that the allowed transitions lead to.
    function _checkCase(uint256 caseId) private view {
        Case storage ghost = cases[caseId];
        Dispute memory d = MARKET.disputeOf(_keyOf(caseId));
        require(d.phase == ghost.phase, "disputes: phase");
        require(d.operator == claims[ghost.holder].operator && d.caller == ghost.caller, "disputes: who");
        require(d.callerBond == ghost.callerBond, "disputes: the caller's bond");
        require(d.isAppeal == ghost.isAppeal, "disputes: appeals");
        require(d.until == ghost.until, "disputes: time");
        _checkFate(claims[ghost.holder], Forms.taskOf(claims[ghost.holder], ghost.bit));
        if (ghost.phase != CasePhase.Voting && ghost.phase != CasePhase.Opening) return;
        address[5] memory drawn = MARKET.juryOf(_keyOf(caseId)).jurors;
        for (uint256 i = 0; i < JURY_SIZE; ++i) require(drawn[i] == ghost.jurors[i], "juries: who was drawn");
    }

    /// @dev Seats, engagements and fines are what the ghosts say.
    function _checkPool(bytes32 program) private view {
        Pool storage ghost = pools[program];
        (uint256 seats, uint32 drawing) = MARKET.poolOf(program);
        require(seats == ghost.seats.length && drawing == ghost.drawing, "juries: pool");
        for (uint256 i = 0; i < seats; ++i) require(MARKET.seatOf(program, i) == ghost.seats[i], "juries: seats");
        for (uint256 i = 0; i < actors.length; ++i) {
            MarketJuror memory juror = MARKET.jurorOf(program, actors[i]);
            Juror storage mine = ghost.jurors[actors[i]];
            require(juror.seats == mine.seats && juror.engaged == mine.engaged, "juries: engagements");
            require(juror.fine == mine.fine, "juries: fines");
        }
    }

    /// @dev Bounded loss of an operator: its locked units are the bonds of its live claims and disputes, of its seats, of its calls for
    /// disputes and of its declarations, to the unit.
    function _checkLocks() private view {
        for (uint256 i = 0; i < actors.length; ++i)
            require(
                purses[actors[i]].locked == _bondsOf(actors[i]),
                "bounded loss: locked units are not the bonds of what is open"
            );
    }

    function _bondsOf(address who) private view returns (uint256 bonds) {
        for (uint256 j = 0; j < live.length; ++j) {
            Claim storage c = claims[live[j]];
            if (c.operator == who) bonds += DiceLib.count(c.mask & ~c.removed) * c.bond;
        }
        for (uint256 j = 0; j < openCases.length; ++j) {
            Case storage k = cases[openCases[j]];
            if (claims[k.holder].operator == who) bonds += claims[k.holder].bond;
            if (k.caller == who) bonds += k.callerBond;
        }
        for (uint256 j = 0; j < programs.length; ++j)
            bonds += uint256(pools[programs[j]].jurors[who].seats) * MIN_STAKE;
        for (uint256 j = 1; j < flows.length; ++j) if (flows[j].silentBy == who) bonds += LATE_GAS_REFUND;
    }

    /// @dev No double pay: what a workflow has spent is what it paid, once a task, plus the price of what is live or in dispute.
    function _checkSpending() private view {
        uint256[] memory spent = new uint256[](flows.length);
        for (uint256 i = 0; i < live.length; ++i) {
            Claim storage c = claims[live[i]];
            spent[c.workflow] += DiceLib.count(c.mask & ~c.removed & ~c.voided) * c.price;
        }
        for (uint256 i = 0; i < openCases.length; ++i) {
            Claim storage c = claims[cases[openCases[i]].holder];
            if (!fates[_keyOf(openCases[i])].isVoid) spent[c.workflow] += c.price;
        }
        for (uint256 i = 1; i < flows.length; ++i)
            require(
                flows[i].spent == spent[i] + flows[i].paid,
                "no double pay: spent units are not live, disputed and paid prices"
            );
    }
}
