// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JudgeTerms, Rule, StepTerms, WorkflowTerms} from "../../../contracts/interfaces/MarketTypes.sol";
import {Dice} from "../Dice.sol";
import {Forms} from "../Forms.sol";
import {MarketCalls} from "../MarketCalls.sol";
import {Flow} from "../Types.sol";
import {vm} from "../Vm.sol";
import {SilenceHandler} from "./SilenceHandler.sol";

/// @title Workflows are opened, changed, closed, refunded; coordinators are paid
abstract contract WorkflowHandler is SilenceHandler {
    struct Plan {
        address requester;
        address coordinator;
        uint16 feeBps;
        uint40 deadline;
        uint32 silenceDelay;
        uint256 escrow;
        uint256 tail;
        uint256 tasks;
        bool legal;
    }

    function openWorkflow(uint256 seed) external action {
        Dice memory d = Dice(seed);
        StepTerms[] memory steps = _steps(d);
        Plan memory p = _plan(d, steps);
        bytes memory data;
        {
            WorkflowTerms memory terms = WorkflowTerms(
                "spec",
                "key",
                p.coordinator,
                p.feeBps,
                p.deadline,
                p.silenceDelay
            );
            data = MarketCalls.openWorkflow(terms, steps, uint64(p.escrow));
        }
        if (!_actPaying(d, "openWorkflow", p.requester, p.escrow, data, p.legal)) return;
        Flow storage f = flows.push();
        (f.requester, f.coordinator, f.deadline, f.feeBps) = (p.requester, p.coordinator, p.deadline, p.feeBps);
        (f.status, f.escrow, f.tail, f.tasks) = (1, uint64(p.escrow), uint32(p.tail), uint32(p.tasks));
        (f.silenceDelay, f.stepsRoot) = (p.silenceDelay, Forms.stepsRoot(steps));
        f.hasFinal = steps[steps.length - 1].isFinal;
        for (uint256 i = 0; i < steps.length; ++i) f.steps.push(steps[i]);
        totalIn += p.escrow;
        _flow(uint48(flows.length - 1));
    }

    function topUp(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        if (workflow == 0 && !d.oneIn(10)) return;
        uint64 amount = uint64(d.roll(1_000));
        bytes memory data = MarketCalls.topUp(workflow, amount);
        if (!_actPaying(d, "topUp", _requester(d), amount, data, _claimable(flows[workflow]))) return;
        totalIn += amount;
        _flow(workflow).escrow += amount;
    }

    function extendDeadline(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        if (workflow == 0 && !d.oneIn(10)) return;
        Flow storage f = flows[workflow];
        address by = _ownerOrAnyone(d, f);
        uint256 deadline = uint256(f.deadline) + d.roll(10 days);
        bool legal = by == f.requester && _claimable(f) && deadline > f.deadline;
        if (deadline > block.timestamp + 365 days) legal = false;
        if (_act("extendDeadline", by, MarketCalls.extendDeadline(workflow, uint40(deadline)), legal))
            _flow(workflow).deadline = uint40(deadline);
    }

    function replaceCoordinator(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        if (workflow == 0 && !d.oneIn(10)) return;
        Flow storage f = flows[workflow];
        address by = _ownerOrAnyone(d, f);
        address coordinator = d.oneIn(20) ? address(0) : _coordinator(d);
        bool legal = by == f.requester && _claimable(f) && coordinator != address(0);
        bytes32 root = f.stepsRoot;
        if (d.oneIn(20)) (root, legal) = (keccak256(abi.encode(root)), false);
        if (_act("replaceCoordinator", by, MarketCalls.replaceCoordinator(workflow, coordinator, root), legal))
            _flow(workflow).coordinator = coordinator;
    }

    function cancel(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        if (workflow == 0 && !d.oneIn(10)) return;
        Flow storage f = flows[workflow];
        address by = _ownerOrAnyone(d, f);
        if (!d.oneIn(4)) return; // rarer than the work that it stops
        bool legal = by == f.requester && f.status == 1;
        if (_act("cancel", by, MarketCalls.cancel(workflow), legal)) _endFlow(workflow, 3);
    }

    function finish(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        if (workflow == 0 && !d.oneIn(10)) return;
        Flow storage f = flows[workflow];
        address by = d.oneIn(2) ? f.coordinator : _ownerOrAnyone(d, f);
        if (!d.oneIn(4)) return;
        bool legal = (by == f.requester || by == f.coordinator) && f.status == 1 && !f.hasFinal;
        if (_act("finish", by, MarketCalls.finish(workflow), legal)) _endFlow(workflow, 2);
    }

    function refund(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = uint48(d.roll(flows.length));
        for (uint256 i = 0; i < 8 && _refundable(workflow) == 0; ++i) workflow = uint48(d.roll(flows.length));
        uint256 amount = _refundable(workflow);
        if (amount == 0 && !d.oneIn(8)) return;
        if (_act("refund", _anyone(d), MarketCalls.refund(workflow), amount != 0)) _refund(workflow, amount);
    }

    function payFee(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = uint48(d.roll(flows.length));
        for (uint256 i = 0; i < 8 && !_feeIsDue(workflow) && flows[workflow].disputes == 0; ++i)
            workflow = uint48(d.roll(flows.length));
        Flow storage f = flows[workflow];
        uint256 due = _feeDueAt(f);
        if (due > block.timestamp && due < block.timestamp + 10 days && d.oneIn(4)) vm.warp(due + d.roll(2));
        else if (!_feeIsDue(workflow) && !d.oneIn(8)) return;
        if (_act("payFee", _anyone(d), MarketCalls.payFee(workflow), _feeIsDue(workflow))) _payFee(workflow);
    }

    // ---------------------------------------------------------------- internal

    function _ownerOrAnyone(Dice memory d, Flow storage f) private view returns (address) {
        return d.oneIn(8) ? _anyone(d) : f.requester;
    }

    function _steps(Dice memory d) private view returns (StepTerms[] memory steps) {
        steps = new StepTerms[](d.between(1, 3));
        uint32 first;
        for (uint256 i = 0; i < steps.length; ++i) {
            steps[i] = _step(d, first, i + 1 == steps.length && d.oneIn(2));
            first += steps[i].maxTasks;
        }
        if (d.oneIn(2)) _fixOpenTasks(d, steps);
    }

    function _step(Dice memory d, uint32 first, bool isFinal) private view returns (StepTerms memory s) {
        (s.firstTask, s.isFinal) = (first, isFinal);
        s.maxTasks = isFinal ? 1 : uint32(d.oneIn(6) ? d.between(150, 300) : d.between(1, 8));
        s.ceiling = uint64(d.between(1, 500));
        s.bond = uint64(d.oneIn(5) ? d.between(1, 12) : d.between(1, 2_000));
        if (d.oneIn(12) && s.maxTasks < 9) s.ceiling = 2 ** 53 - 1;
        s.claimTime = _duration(d);
        s.window = _duration(d);
        s.rule =
            isFinal || d.oneIn(2)
                ? Rule.Verifier
                : d.oneIn(3)
                    ? Rule.Jury
                    : Rule.Accepted;
        JudgeTerms memory judge = s.judge;
        if (!d.oneIn(4)) judge.maxReveal = uint32(d.oneIn(6) ? d.between(1, 63) : d.between(64, 4_096));
        if (d.oneIn(30)) judge.maxReveal = 98_304;
        if (s.rule == Rule.Jury || d.oneIn(2)) {
            judge.checkProgram = programs[d.oneIn(6) ? 1 : 0];
            judge.jurorFee = uint64(d.roll((s.bond * 4) / 10 / JURY_SIZE + 1));
            if (s.window < 10 minutes) s.window = 10 minutes;
        }
        if (s.rule != Rule.Verifier) return s;
        judge.verifier = d.oneIn(4) ? verifiers[d.roll(verifiers.length)] : ECHO;
        judge.verifierGas = uint32(VERIFIER_GAS);
    }

    /// @dev What everybody may claim once the coordinator is silent is fixed now.
    function _fixOpenTasks(Dice memory d, StepTerms[] memory steps) private view {
        uint48 workflow = uint48(flows.length);
        for (uint256 i = 0; i < steps.length; ++i) {
            if (steps[i].rule != Rule.Verifier || d.oneIn(4)) continue;
            steps[i].judge.openRoot = Forms.leavesRoot(_openTasks(workflow, i, steps[i]));
        }
    }

    function _duration(Dice memory d) private pure returns (uint32) {
        if (d.oneIn(8)) return d.oneIn(2) ? 1 : 7 days;
        return uint32(d.between(60, 1 days));
    }

    /// @dev The rest of a workflow's terms; one time in ten with something wrong.
    function _plan(Dice memory d, StepTerms[] memory steps) private view returns (Plan memory p) {
        (p.requester, p.coordinator, p.legal) = (_requester(d), _coordinator(d), true);
        p.feeBps = uint16(d.oneIn(4) ? 2_000 * d.roll(2) : d.roll(2_001));
        p.deadline = uint40(block.timestamp + (d.oneIn(10) ? d.between(1, 365 days) : d.between(5 days, 60 days)));
        if (!d.oneIn(3)) p.silenceDelay = uint32(d.between(10 minutes, 1 days));
        uint256 most;
        for (uint256 i = 0; i < steps.length; ++i) {
            p.tasks += steps[i].maxTasks;
            most += uint256(steps[i].maxTasks) * steps[i].ceiling;
            uint256 tail = uint256(steps[i].claimTime) + steps[i].window;
            if (tail > p.tail) p.tail = tail;
        }
        p.escrow = most + (most * p.feeBps + 9_999) / 10_000;
        if (d.oneIn(3)) p.escrow += d.roll(100);
        else if (d.oneIn(10)) (p.escrow, p.legal) = (p.escrow - 1, false);
        if (!d.oneIn(10)) return p;
        p.legal = false;
        uint256 wrong = d.roll(16);
        StepTerms memory first = steps[0];
        if (wrong == 0) p.feeBps = 2_001;
        if (wrong == 1) p.deadline = uint40(block.timestamp);
        if (wrong == 2) p.deadline = uint40(block.timestamp + 365 days + 1);
        if (wrong == 3) p.coordinator = address(0);
        if (wrong == 4) ++first.firstTask;
        if (wrong == 5) first.claimTime = 7 days + 1;
        if (wrong == 6) (first.rule, first.judge.verifier) = (Rule.Verifier, actors[0]);
        if (wrong == 7) p.silenceDelay = uint32(10 minutes - 1);
        if (wrong == 8) first.judge.maxReveal = 98_305;
        if (wrong == 9) first.judge.jurorFee = (first.bond * 4) / 10 / 5 + 1;
        if (wrong == 10) (first.judge.checkProgram, first.window) = (programs[0], 10 minutes - 1);
        _spoilRule(first, wrong);
    }

    function _spoilRule(StepTerms memory s, uint256 wrong) private view {
        if (wrong == 11) (s.rule, s.judge.checkProgram) = (Rule.Jury, 0);
        if (wrong == 12 || wrong == 13)
            (s.rule, s.judge.verifier, s.judge.verifierGas) = (Rule.Accepted, address(0), 0);
        if (wrong == 12) s.judge.openRoot = "anybody's"; // a result that nobody can judge
        if (wrong == 13) s.judge.verifier = ECHO;
        if (wrong == 14) (s.judge.checkProgram, s.judge.jurorFee) = (0, 1);
        if (wrong == 15) s.window = 7 days + 1;
    }
}
