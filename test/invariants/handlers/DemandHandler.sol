// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JudgeTerms} from "../../../contracts/interfaces/MarketTypes.sol";
import {Phase as CasePhase} from "../../../contracts/libraries/DisputeLib.sol";
import {Dice} from "../Dice.sol";
import {DisputeCalls} from "../DisputeCalls.sol";
import {Forms} from "../Forms.sol";
import {Case, Claim, Want} from "../Types.sol";
import {DisputesHandler} from "./DisputesHandler.sol";

/// @title Results are demanded, revealed or not; results that were built on struck ones are void
abstract contract DemandHandler is DisputesHandler {
    function demand(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Contestable);
        if (id == 0 || (_judge(id).maxReveal == 0 && !d.oneIn(8))) return;
        Claim memory c = claims[id];
        uint256 bit = _pickAnyBit(d, c);
        JudgeTerms memory judge = _judge(id);
        uint256 bond = _demandBond(judge);
        address by = _withFree(d, bond);
        bool legal = _isContestable(id, bit) && judge.maxReveal != 0 && purses[by].free >= bond;
        if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        else if (d.oneIn(20)) (judge.jurorFee, legal) = (judge.jurorFee + 1, false);
        if (!_act("demand", by, DisputeCalls.demand(address(MARKET), c, judge, bit), legal)) return;
        uint256 caseId = _moveOut(id, bit);
        _demandCase(caseId, by, bond);
    }

    function demandDisputed(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, CasePhase.Revealed);
        if (caseId == 0) return;
        Case storage k = cases[caseId];
        if ((k.isDemanded || !_standsRevealed(k)) && !d.oneIn(12)) return;
        JudgeTerms memory judge = _judge(k.holder);
        uint256 bond = _demandBond(judge);
        address by = _withFree(d, bond);
        bool legal = _standsRevealed(k) && !k.isDemanded && judge.maxReveal != 0 && purses[by].free >= bond;
        if (d.oneIn(20)) (judge.maxReveal, legal) = (judge.maxReveal + 1, false);
        bytes memory data = DisputeCalls.demandDisputed(_keyOf(caseId), claims[k.holder].root, judge);
        if (_act("demandDisputed", by, data, legal)) _demandCase(caseId, by, bond);
    }

    function reveal(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, CasePhase.Demanded);
        if (caseId == 0 || d.oneIn(3)) return; // one of three operators is silent for a while
        Case storage k = cases[caseId];
        Claim memory c = claims[k.holder];
        bytes memory result = Forms.resultOf(c, Forms.taskOf(c, k.bit));
        bool legal = k.phase == CasePhase.Demanded && block.timestamp <= k.until;
        if (!legal && !d.oneIn(6)) return;
        if (result.length > _judge(k.holder).maxReveal) legal = false;
        if (d.oneIn(12)) (result, legal) = (bytes.concat(result, hex"00"), false);
        address by = d.oneIn(4) ? _anyone(d) : c.operator;
        if (!_act("reveal", by, DisputeCalls.reveal(_keyOf(caseId), c.root, result), legal)) return;
        uint256 bond = k.callerBond;
        _endCall(caseId, bond);
        _creditOwed(by, bond);
        (_case(caseId).phase, k.until) = (CasePhase.Revealed, uint40(block.timestamp) + c.window);
    }

    function closeDemand(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, d.oneIn(2) ? CasePhase.Demanded : CasePhase.Revealed);
        if (caseId == 0 || (!_demandIsOver(cases[caseId]) && !d.oneIn(6))) return;
        bytes memory data = DisputeCalls.closeDemand(_keyOf(caseId));
        if (_act("closeDemand", _anyone(d), data, _demandIsOver(cases[caseId]))) _endDemand(caseId);
    }

    // ---------------------------------------------------------------- void results

    function voidResult(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Contestable);
        for (uint256 i = 0; i < 8 && !_isCulpritStruck(claims[id]); ++i) id = _pickClaim(d, Want.Contestable);
        if (id == 0 || (!_isCulpritStruck(claims[id]) && !d.oneIn(8))) return;
        Claim memory c = claims[id];
        uint256 bit = _pickAnyBit(d, c);
        bool legal = _isContestable(id, bit) && _isCulpritStruck(claims[id]) && !fates[Forms.keyOf(c, bit)].isVoid;
        uint256 index = 1;
        if (d.oneIn(20)) (index, legal) = (d.oneIn(2) ? 0 : 2, false);
        else if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        Claim memory shown = claims[id];
        if (d.oneIn(20)) (shown.source, legal) = (shown.source + 1, false);
        bytes memory data = DisputeCalls.voidResult(address(MARKET), c, shown, bit, index);
        if (!_act("voidResult", _anyone(d), data, legal)) return;
        _void(id, bit);
        claims[id].voided |= uint192(1 << bit);
    }

    function voidDisputed(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, CasePhase.None);
        for (uint256 i = 0; i < 6 && !_isCulpritStruck(claims[cases[caseId].holder]); ++i)
            caseId = _pickCase(d, CasePhase.None);
        Case storage k = cases[caseId];
        bool struck = _isCulpritStruck(claims[k.holder]);
        if (caseId == 0 || (!struck && !d.oneIn(8))) return;
        Claim memory c = claims[k.holder];
        bool legal = struck && _isOpenCase(caseId) && !fates[_keyOf(caseId)].isVoid;
        uint256 index = 1;
        if (d.oneIn(20)) (index, legal) = (d.oneIn(2) ? 0 : 2, false);
        else if (d.oneIn(20)) (c.judgeHash, legal) = (keccak256(abi.encode(c.judgeHash)), false);
        Claim memory shown = claims[k.holder];
        if (d.oneIn(20)) (shown.source, legal) = (shown.source + 1, false);
        bytes memory data = DisputeCalls.voidDisputed(c, shown, k.bit, index);
        if (!_act("voidDisputed", _anyone(d), data, legal)) return;
        _case(caseId);
        _void(k.holder, k.bit);
    }

    // ---------------------------------------------------------------- internal

    /// @dev Whether the result of a case stands unless somebody objects now.
    function _standsRevealed(Case storage k) internal view returns (bool) {
        return k.phase == CasePhase.Revealed && block.timestamp <= k.until;
    }

    function _demandIsOver(Case storage k) internal view returns (bool) {
        return (k.phase == CasePhase.Demanded || k.phase == CasePhase.Revealed) && block.timestamp > k.until;
    }

    /// @dev What was not revealed is struck, what was is paid.
    function _endDemand(uint256 caseId) internal {
        if (cases[caseId].phase == CasePhase.Revealed) return _payCase(caseId);
        _endCall(caseId, 0);
        _strikeCase(caseId, cases[caseId].caller);
    }

    function _demandBond(JudgeTerms memory judge) private pure returns (uint256) {
        return uint256(LATE_GAS_REFUND) * (2 + judge.maxReveal / 1024);
    }

    function _demandCase(uint256 caseId, address by, uint256 bond) private {
        _lockCall(caseId, by, bond);
        Case storage k = _case(caseId);
        (k.isDemanded, k.phase) = (true, CasePhase.Demanded);
        k.until = uint40(block.timestamp) + claims[k.holder].window;
    }
}
