// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rule, StepTerms} from "../../contracts/interfaces/MarketTypes.sol";
import {Dice, DiceLib} from "./Dice.sol";
import {Forms} from "./Forms.sol";
import {Ledger} from "./Ledger.sol";
import {Claim, Fate, Flow, Phase, Status, Task, Want} from "./Types.sol";

/// @title Ghost workflows, tasks and claims, and how they may change
/// @notice Every change checks that the task or claim was in a state that it may be left from.
abstract contract Book is Ledger {
    uint256 internal constant WORD = 192;

    /// @dev flows[0] and claims[0] are none.
    Flow[] internal flows;
    Claim[] internal claims;
    uint256[] internal live;
    mapping(uint256 claim => uint256) internal liveAt;
    mapping(address operator => mapping(uint256 slot => uint256 claim)) internal occupied;
    mapping(uint48 workflow => mapping(uint256 task => Task)) internal tasks;
    /// @dev By attempt, named as in DisputeLib.
    mapping(bytes32 key => Fate) internal fates;
    /// @dev Tasks held or paid, a bit each.
    mapping(uint48 workflow => mapping(uint256 word => uint192)) internal blocked;
    uint48[] internal touchedFlows;
    uint256[] internal touchedClaims;

    constructor() {
        flows.push();
        claims.push();
    }

    // ---------------------------------------------------------------- flows

    function _flow(uint48 workflow) internal returns (Flow storage) {
        touchedFlows.push(workflow);
        return flows[workflow];
    }

    function _claimable(Flow storage f) internal view returns (bool) {
        return f.status == 1 && block.timestamp <= f.deadline;
    }

    /// @dev Until when claims that the coordinator signed are taken; of a cancelled workflow, when that ended.
    function _claimsUntil(Flow storage f) internal view returns (uint256) {
        if (f.status == 1) return f.deadline;
        uint256 until = uint256(f.endedAt) + (f.status == 2 ? LATE_CLAIMS : 0);
        return until < f.deadline ? until : f.deadline;
    }

    function _takesClaims(Flow storage f) internal view returns (bool) {
        return (f.status == 1 || f.status == 2) && block.timestamp <= _claimsUntil(f);
    }

    function _endFlow(uint48 workflow, uint8 status) internal {
        Flow storage f = _flow(workflow);
        require(f.status == 1, "transitions: only an open workflow ends");
        f.status = status;
        f.endedAt = block.timestamp < f.deadline ? uint40(block.timestamp) : f.deadline;
    }

    /// @return units that a refund must credit now; 0 if it must be refused
    function _refundable(uint48 workflow) internal view returns (uint256) {
        Flow storage f = flows[workflow];
        if (f.status == 0 || _takesClaims(f)) return 0;
        uint256 fee = f.feeSettled ? f.fee : (uint256(f.spent) * f.feeBps + 9_999) / 10_000;
        uint256 kept = f.spent + fee + f.refunded;
        return kept < f.escrow ? f.escrow - kept : 0;
    }

    function _refund(uint48 workflow, uint256 amount) internal {
        Flow storage f = _flow(workflow);
        f.refunded += uint64(amount);
        _creditOwed(f.requester, amount);
    }

    /// @dev A day after the last claim that could be made has matured.
    function _feeDueAt(Flow storage f) internal view returns (uint256) {
        return _claimsUntil(f) + f.tail + 1 days;
    }

    function _feeIsDue(uint48 workflow) internal view returns (bool) {
        Flow storage f = flows[workflow];
        if (f.status == 0 || _takesClaims(f) || f.feeSettled || f.disputes != 0) return false;
        return block.timestamp > _feeDueAt(f);
    }

    function _payFee(uint48 workflow) internal {
        Flow storage f = _flow(workflow);
        f.fee = uint64((uint256(f.spent) * f.feeBps) / 10_000);
        f.feeSettled = true;
        for (uint256 i = 0; i < live.length; ++i) {
            Claim storage c = claims[live[i]];
            if (c.workflow == workflow && c.phase == Phase.Claimed) f.late += uint64(DiceLib.count(c.mask) * c.price);
        }
        _creditOwed(f.coordinator, f.fee);
    }

    /// @dev The bits of a word that are a step's.
    function _stepMask(StepTerms storage step, uint256 word) internal view returns (uint192 mask) {
        for (uint256 i = 0; i < WORD; ++i) {
            uint256 task = word * WORD + i;
            if (task >= step.firstTask && task - step.firstTask < step.maxTasks) mask |= uint192(1 << i);
        }
    }

    // ---------------------------------------------------------------- claims

    /// @dev Notes a claim that the market accepted. Its tasks must be free to be held.
    function _hold(Claim memory c) internal returns (uint256 id) {
        id = claims.length;
        claims.push(c);
        occupied[c.operator][c.slot] = id;
        _listLive(id);
        for (uint192 left = c.mask; left != 0; left &= left - 1) {
            Task storage t = tasks[c.workflow][_taskOf(c.word, left)];
            bool again = t.status == Status.Open && c.attempt > t.ended;
            require(t.status == Status.Unclaimed || again, "exclusivity: claimed a task that is not free");
            (t.status, t.holder) = (Status.Held, uint64(id));
        }
        blocked[c.workflow][c.word] |= c.mask;
        _flow(c.workflow).spent += uint64(DiceLib.count(c.mask) * c.price);
        _lock(c.operator, DiceLib.count(c.mask) * c.bond);
    }

    /// @dev Moves a part of a claim, or all, into a batch.
    function _commitPart(uint256 id, uint192 part, uint16 slot, uint40 maturesAt) internal {
        Claim storage c = claims[id];
        require(c.phase == Phase.Claimed, "transitions: only a claim is committed");
        if (part != c.mask) {
            require(slot != c.slot, "transitions: a part overwrites its claim");
            c.mask &= ~part;
            touchedClaims.push(id);
            Claim memory batch = c;
            id = claims.length;
            (batch.mask, batch.slot) = (part, slot);
            claims.push(batch);
            c = claims[id];
            occupied[batch.operator][slot] = id;
            _listLive(id);
            for (uint192 left = part; left != 0; left &= left - 1)
                tasks[c.workflow][_taskOf(c.word, left)].holder = uint64(id);
        }
        (c.phase, c.maturesAt) = (Phase.Committed, maturesAt);
        touchedClaims.push(id);
    }

    /// @dev Tasks of a claim, batch or dispute end without pay: they open to later attempts, their price returns to the escrow.
    function _reopen(uint256 id, uint192 part) internal {
        Claim storage c = claims[id];
        for (uint192 left = part; left != 0; left &= left - 1) {
            Task storage t = tasks[c.workflow][_taskOf(c.word, left)];
            require(t.status == Status.Held && t.holder == id, "exclusivity: ended a task that another holds");
            (t.status, t.ended) = (Status.Open, c.attempt);
        }
        blocked[c.workflow][c.word] &= ~part;
        _flow(c.workflow).spent -= uint64(DiceLib.count(part) * c.price);
        touchedClaims.push(id);
    }

    /// @dev Ends tasks of a claim; the slot becomes free with the last of them.
    function _leave(uint256 id, uint192 part) internal {
        _reopen(id, part);
        _takeOut(id, part);
    }

    /// @dev Takes tasks out of a claim's mask; the slot becomes free with the last of them.
    function _takeOut(uint256 id, uint192 part) internal {
        Claim storage c = claims[id];
        require(part != 0 && part & ~c.mask == 0, "transitions: took a task out of a claim that does not hold it");
        c.mask &= ~part;
        touchedClaims.push(id);
        if (c.mask == 0) _close(id);
    }

    /// @dev Ends the lock of tasks' bonds, each for the one time that it may.
    function _unlockBonds(Claim storage c, uint192 part, uint256 slashed) internal {
        for (uint192 left = part; left != 0; left &= left - 1) {
            Fate storage fate = fates[Forms.keyOf(c.workflow, _taskOf(c.word, left), c.attempt)];
            require(!fate.isUnbonded, "bounded loss: a bond left the lock twice");
            fate.isUnbonded = true;
        }
        _unlock(c.operator, DiceLib.count(part) * c.bond, slashed);
    }

    /// @dev Pays the tasks that are left of a claim or batch and not void, and frees its slot.
    function _payTasks(uint256 id) internal {
        Claim storage c = claims[id];
        uint192 bonded = c.mask & ~c.removed;
        _unlockBonds(c, bonded, 0);
        _pay(id, bonded & ~c.voided);
        _close(id);
    }

    /// @dev Pays tasks that the claim, or a dispute of it, holds.
    function _pay(uint256 id, uint192 part) internal {
        Claim storage c = claims[id];
        for (uint192 left = part; left != 0; left &= left - 1) {
            Task storage t = tasks[c.workflow][_taskOf(c.word, left)];
            require(
                t.status == Status.Held && t.holder == id,
                "no double pay: paid a task that is not held by the paid one"
            );
            t.status = Status.Paid;
        }
        uint256 amount = DiceLib.count(part) * c.price;
        _creditOwed(c.operator, amount);
        _flow(c.workflow).paid += uint64(amount);
    }

    function _close(uint256 id) internal {
        Claim storage c = claims[id];
        require(c.phase != Phase.Ended, "transitions: ended twice");
        c.phase = Phase.Ended;
        occupied[c.operator][c.slot] = 0;
        uint256 last = live[live.length - 1];
        (live[liveAt[id]], liveAt[last]) = (last, liveAt[id]);
        live.pop();
        touchedClaims.push(id);
    }

    // ---------------------------------------------------------------- picks

    /// @return workflow one that takes claims; now and then any other; mostly 0 if there is none
    function _pickFlow(Dice memory d) internal view returns (uint48 workflow) {
        uint256 n = flows.length - 1;
        if (n == 0) return 0;
        uint256 from = d.roll(n);
        if (d.oneIn(20)) return uint48(1 + from);
        for (uint256 i = 0; i < n; ++i) {
            workflow = uint48(1 + ((from + i) % n));
            if (_takesClaims(flows[workflow])) return workflow;
        }
        if (!d.oneIn(8)) workflow = 0;
    }

    /// @return id one of the claims of this kind; now and then any other, ended ones too; mostly 0 if there is none
    function _pickClaim(Dice memory d, Want want) internal view returns (uint256 id) {
        if (claims.length == 1) return 0;
        if (d.oneIn(24)) return d.between(1, claims.length - 1);
        if (live.length == 0) return 0;
        uint256 from = d.roll(live.length);
        for (uint256 i = 0; i < live.length; ++i) {
            id = live[(from + i) % live.length];
            if (_is(id, want)) return id;
        }
        return d.oneIn(16) ? id : 0;
    }

    function _is(uint256 id, Want want) internal view returns (bool) {
        Claim storage c = claims[id];
        if (c.phase == Phase.Committed)
            return want == (block.timestamp >= c.maturesAt ? Want.Matured : Want.Contestable);
        if (c.phase == Phase.Ended) return false;
        if (want == Want.Uncommitted) return true;
        if (block.timestamp > c.deadline) return want == Want.Overdue;
        if (want == Want.Live) return true;
        if (c.window == 0) return want == Want.Final;
        return want == Want.Committable || (want == Want.Concedable && c.rule == Rule.Accepted);
    }

    // ---------------------------------------------------------------- internal

    /// @dev The task of a mask's lowest bit.
    function _taskOf(uint256 word, uint192 mask) internal pure returns (uint256) {
        return word * WORD + DiceLib.count((mask & (~mask + 1)) - 1);
    }

    function _listLive(uint256 id) private {
        liveAt[id] = live.length;
        live.push(id);
        touchedClaims.push(id);
    }
}
