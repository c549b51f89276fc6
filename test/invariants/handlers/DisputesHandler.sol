// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JudgeTerms, Rule, StepTerms} from "../../../contracts/interfaces/MarketTypes.sol";
import {Phase as CasePhase} from "../../../contracts/libraries/DisputeLib.sol";
import {Dice, DiceLib} from "../Dice.sol";
import {DisputeCalls} from "../DisputeCalls.sol";
import {Forms} from "../Forms.sol";
import {MarketCalls} from "../MarketCalls.sol";
import {Case, Claim, Flow, Sender, Want} from "../Types.sol";
import {EndsHandler} from "./EndsHandler.sol";

/// @title What a verifier decides, an honest one or one that does what it should not: strikes, and final proofs
abstract contract DisputesHandler is EndsHandler {
    function challenge(uint256 seed) external action {
        Dice memory d = Dice(seed);
        (uint256 id, uint256 bit, bool legal) = _pickStrikable(d);
        if (id == 0) return;
        Claim memory c = claims[id];
        JudgeTerms memory judge = _judge(id);
        bytes memory result = Forms.resultOf(c, Forms.taskOf(c, bit));
        bytes memory statement = Forms.statementOf(c.workflow, Forms.taskOf(c, bit));
        uint256 gas = gasleft();
        if (d.oneIn(10)) {
            legal = false;
            uint256 kind = d.roll(6);
            if (kind == 0) result = bytes.concat(result, hex"00");
            if (kind == 1) statement = bytes.concat(statement, hex"00");
            if (kind == 2) c.offered = ~c.offered | c.mask;
            if (kind == 3) gas = d.between(50_000, VERIFIER_GAS + 150_000);
            if (kind == 4) _tamper(d, c);
            if (kind == 5) ++judge.verifierGas;
        }
        address by = _anyone(d);
        bytes memory data = DisputeCalls.challenge(address(MARKET), c, judge, bit, statement, result);
        if (_actWithGas("challenge", by, data, legal, gas)) _strikeBatch(id, bit, by);
    }

    /// @notice A verifier's "no" ends a dispute in every phase.
    function challengeDisputed(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, CasePhase.None);
        for (uint256 i = 0; i < 3 && caseId != 0 && !_isStrikableCase(caseId); ++i)
            caseId = _pickCase(d, CasePhase.None);
        if (caseId == 0 || (!_isStrikableCase(caseId) && !d.oneIn(6))) return;
        Case storage k = cases[caseId];
        Claim memory c = claims[k.holder];
        JudgeTerms memory judge = _judge(k.holder);
        bytes memory statement = Forms.statementOf(c.workflow, Forms.taskOf(c, k.bit));
        bytes memory result = Forms.resultOf(c, Forms.taskOf(c, k.bit));
        bool legal = _isStrikableCase(caseId);
        if (d.oneIn(10)) {
            legal = false;
            uint256 kind = d.roll(4);
            if (kind == 0) result = bytes.concat(result, hex"00");
            if (kind == 1) statement = bytes.concat(statement, hex"00");
            if (kind == 2) ++judge.maxReveal;
            if (kind == 3) c.root = keccak256(abi.encode(c.root));
        }
        address by = _anyone(d);
        bytes memory data = DisputeCalls.challengeDisputed(c, judge, k.bit, statement, result);
        if (_act("challengeDisputed", by, data, legal)) _strikeByEvidence(caseId, by);
    }

    function submitFinal(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Final);
        if (id == 0 || claims[id].mask == 0) return;
        Claim memory c = claims[id];
        bytes memory statement = Forms.statementOf(c.workflow, Forms.taskOf(c, DiceLib.positions(c.mask)[0]));
        bytes memory result = d.oneIn(8) ? abi.encode(d.seed) : statement;
        StepTerms memory step = flows[c.workflow].steps[c.step];
        bool legal = _is(id, Want.Final) && _saysYes(step.judge.verifier, statement, result);
        if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        Sender memory sender = _sender(d, c.operator);
        if (!sender.isAllowed) legal = false;
        if (c.mask == 0) return;
        if (_act("submitFinal", sender.by, MarketCalls.submitFinal(c, step, result), legal))
            _complete(id, step.judge.verifier, sha256(statement));
    }

    // ---------------------------------------------------------------- internal

    /// @dev Any task of a batch that has not left it, if there is one.
    function _pickAnyBit(Dice memory d, Claim memory c) internal pure returns (uint256 bit) {
        uint192 left = d.oneIn(30) ? c.mask : c.mask & ~c.removed;
        if (left == 0 || d.oneIn(60)) return d.roll(WORD);
        uint256[] memory bits = DiceLib.positions(left);
        return bits[d.roll(bits.length)];
    }

    function _pickStrikable(Dice memory d) private view returns (uint256 id, uint256 bit, bool legal) {
        for (uint256 i = 0; i < 6 && !legal; ++i) {
            id = _pickClaim(d, d.oneIn(30) ? Want.Matured : Want.Contestable);
            if (id == 0) return (0, 0, false);
            bit = _pickBit(d, claims[id]);
            legal = _isContestable(id, bit) && _verifierDenies(id, bit);
        }
    }

    function _isStrikableCase(uint256 caseId) private view returns (bool) {
        return _isOpenCase(caseId) && _verifierDenies(cases[caseId].holder, cases[caseId].bit);
    }

    function _verifierDenies(uint256 id, uint256 bit) private view returns (bool) {
        Claim memory c = claims[id];
        if (c.rule != Rule.Verifier) return false;
        uint256 task = Forms.taskOf(c, bit);
        address verifier = flows[c.workflow].steps[c.step].judge.verifier;
        return !_saysYes(verifier, Forms.statementOf(c.workflow, task), Forms.resultOf(c, task));
    }

    function _complete(uint256 id, address verifier, bytes32 statementDigest) private {
        uint48 workflow = claims[id].workflow;
        _payTasks(id);
        Flow storage f = flows[workflow];
        f.completion = keccak256(abi.encode(verifier, statementDigest));
        if (f.status == 1) _endFlow(workflow, 2);
    }
}
