// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {StepTerms} from "../../../contracts/interfaces/MarketTypes.sol";
import {Dice, DiceLib} from "../Dice.sol";
import {Forms} from "../Forms.sol";
import {MarketCalls} from "../MarketCalls.sol";
import {Claim, Flow, Phase, Purse, Sender, Status, Task} from "../Types.sol";
import {ClaimHandler} from "./ClaimHandler.sol";

/// @title Coordinators are declared silent, answer or not; tasks are claimed without them
abstract contract SilenceHandler is ClaimHandler {
    uint256 private constant OPEN_TASKS = 6;

    function declareSilent(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        Flow storage f = flows[workflow];
        if ((workflow == 0 || f.silentAt != 0 || f.silenceDelay == 0) && !d.oneIn(12)) return;
        address by = _withFree(d, LATE_GAS_REFUND);
        bool legal = _claimable(f) && f.silenceDelay != 0 && f.silentAt == 0 && purses[by].free >= LATE_GAS_REFUND;
        if (!_act("declareSilent", by, MarketCalls.declareSilent(workflow), legal)) return;
        _lock(by, LATE_GAS_REFUND);
        (_flow(workflow).silentAt, f.silentBy) = (uint40(block.timestamp), by);
    }

    function answerSilence(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        Flow storage f = flows[workflow];
        if (!d.oneIn(f.silentAt == 0 ? 12 : 3)) return;
        address by = d.oneIn(12) ? _anyone(d) : f.coordinator;
        bool legal = f.status != 0 && by == f.coordinator && f.silentAt != 0;
        if (!_act("answerSilence", by, MarketCalls.answerSilence(workflow), legal)) return;
        if (f.silentBy != address(0)) {
            _unlock(f.silentBy, LATE_GAS_REFUND, LATE_GAS_REFUND);
            _creditOwed(by, LATE_GAS_REFUND);
        }
        (_flow(workflow).silentAt, f.silentBy) = (0, address(0));
    }

    function endSilence(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = uint48(d.roll(flows.length));
        for (uint256 i = 0; i < 8 && flows[workflow].silentBy == address(0); ++i)
            workflow = uint48(d.roll(flows.length));
        if (flows[workflow].silentBy == address(0) && !d.oneIn(3)) return;
        if (_act("endSilence", _anyone(d), MarketCalls.endSilence(workflow), _silenceEnds(workflow)))
            _endSilence(workflow);
    }

    function claimOpen(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickSilent(d);
        if (workflow == 0) return;
        Flow storage f = flows[workflow];
        uint256 step = d.roll(f.steps.length);
        for (uint256 i = 0; i < 4 && f.steps[step].judge.openRoot == 0; ++i) step = d.roll(f.steps.length);
        if (f.steps[step].judge.openRoot == 0 && !d.oneIn(12)) return;
        _claimOpen(d, _openTasks(workflow, step, f.steps[step]));
    }

    // ---------------------------------------------------------------- internal

    /// @dev The claim of all tasks of a step that its requester fixed at opening: the first few, as far as they lie in one word.
    function _openTasks(uint48 workflow, uint256 step, StepTerms memory s) internal pure returns (Claim memory c) {
        (c.workflow, c.step, c.isOpen, c.phase) = (workflow, uint8(step), true, Phase.Claimed);
        c.word = uint16(s.firstTask / WORD);
        for (uint256 i = 0; i < OPEN_TASKS && i < s.maxTasks && s.firstTask + i < (uint256(c.word) + 1) * WORD; ++i)
            c.offered |= uint192(1 << ((s.firstTask + i) % WORD));
        c.leafSalt = uint256(keccak256(abi.encode(workflow, step)));
        c.source = Forms.sourceOf(0, 1); // the first task's first attempt
        (c.price, c.bond, c.rule) = (s.ceiling, s.bond, s.rule);
        c.window = s.isFinal ? 0 : s.window;
        (c.root, c.judgeHash) = (s.judge.openRoot, Forms.judgeHash(s.judge));
    }

    function _silenceEnds(uint48 workflow) internal view returns (bool) {
        Flow storage f = flows[workflow];
        if (f.silentBy == address(0)) return false;
        return !_claimable(f) || block.timestamp > uint256(f.silentAt) + f.silenceDelay;
    }

    function _endSilence(uint48 workflow) internal {
        _unlock(flows[workflow].silentBy, LATE_GAS_REFUND, 0);
        _flow(workflow).silentBy = address(0);
    }

    function _isSilent(Flow storage f) private view returns (bool) {
        return f.silentAt != 0 && block.timestamp > uint256(f.silentAt) + f.silenceDelay;
    }

    function _pickSilent(Dice memory d) private view returns (uint48 workflow) {
        for (uint256 i = 0; i < 6; ++i) {
            workflow = _pickFlow(d);
            if (_isSilent(flows[workflow])) return workflow;
        }
        if (!d.oneIn(20)) workflow = 0;
    }

    function _claimOpen(Dice memory d, Claim memory c) private {
        Flow storage f = flows[c.workflow];
        Sender memory sender = _sender(d, _staked(d));
        c.operator = sender.by;
        if (sender.isFor) c.operator = _operatorOf(d, sender.by);
        sender.isAllowed = c.operator == sender.by || delegates[c.operator] == sender.by;
        uint192 free = c.offered & ~blocked[c.workflow][c.word];
        uint256 most = purses[c.operator].free / c.bond;
        if (d.oneIn(20)) most = OPEN_TASKS;
        c.mask = d.subset(d.oneIn(12) || free == 0 ? c.offered : free, most < OPEN_TASKS ? most : OPEN_TASKS);
        if (c.mask == 0 && !d.oneIn(10)) return;
        c.slot = _freeSlot(d, c.operator);
        c.attempt = _nextAttempt(c.workflow, c.word, c.mask);
        uint16 next = c.attempt;
        if (d.oneIn(10)) c.attempt = uint16(d.roll(uint256(next) + 3));
        c.deadline = uint40(block.timestamp) + f.steps[c.step].claimTime;
        c.salt = d.roll(type(uint256).max);
        bool legal = sender.isAllowed && _isLegalOpen(c) && c.attempt == next;
        uint256[] memory bits = DiceLib.positions(c.mask);
        StepTerms[] memory steps = f.steps;
        if (d.oneIn(12)) legal = !_spoil(d, c, steps, bits) && legal;
        if (_act("claimOpen", sender.by, MarketCalls.claimOpen(c, steps, bits), legal)) _hold(c);
    }

    /// @dev Somebody whom `by` may act for, if there is one.
    function _operatorOf(Dice memory d, address by) private view returns (address) {
        for (uint256 i = 0; i < actors.length; ++i) if (delegates[actors[i]] == by) return actors[i];
        return d.oneIn(6) ? _operator(d) : by;
    }

    function _isLegalOpen(Claim memory c) private view returns (bool) {
        if (!_claimable(flows[c.workflow]) || !_isSilent(flows[c.workflow]) || c.root == 0) return false;
        uint256 n = DiceLib.count(c.mask);
        Purse storage p = purses[c.operator];
        if (n == 0 || occupied[c.operator][c.slot] != 0) return false;
        if (p.free < n * c.bond || p.free + p.locked < MIN_STAKE) return false;
        for (uint192 left = c.mask; left != 0; left &= left - 1) {
            Task storage t = tasks[c.workflow][_taskOf(c.word, left)];
            if (t.status != Status.Unclaimed && t.status != Status.Open) return false;
        }
        return true;
    }

    /// @dev Terms that are not the step's, a leaf that is not the requester's, or leaves in the wrong order.
    function _spoil(
        Dice memory d,
        Claim memory c,
        StepTerms[] memory steps,
        uint256[] memory bits
    ) private pure returns (bool) {
        uint256 kind = d.roll(4);
        if (kind == 0) --steps[c.step].bond;
        if (kind == 1) ++steps[c.step].judge.maxReveal;
        if (kind == 2) ++c.leafSalt;
        if (kind == 3 && bits.length < 2) return false;
        if (kind == 3) (bits[0], bits[1]) = (bits[1], bits[0]);
        return true;
    }
}
