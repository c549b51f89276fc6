// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JudgeTerms} from "../../contracts/interfaces/MarketTypes.sol";
import {Phase as CasePhase} from "../../contracts/libraries/DisputeLib.sol";
import {Book} from "./Book.sol";
import {Dice, DiceLib} from "./Dice.sol";
import {Forms} from "./Forms.sol";
import {Case, Claim, Fate, Phase, Pool, Status, Want} from "./Types.sol";

/// @title Ghost disputes, juries and pools, and how they may change
abstract contract Court is Book {
    uint256 internal constant JURY_SIZE = 5;
    bytes32[2] internal programs = [bytes32("checks"), bytes32("rare checks")];

    /// @dev cases[0] is none.
    Case[] internal cases;
    uint256[] internal openCases;
    mapping(uint256 id => uint256) private openAt;
    mapping(bytes32 key => uint256 id) internal caseOf;
    mapping(bytes32 checkProgram => Pool) internal pools;
    uint256[] internal touchedCases;

    constructor() {
        cases.push();
    }

    // ---------------------------------------------------------------- strikes and void results

    /// @dev A strike: four tenths of the bond to the challenger, three to the requester, fifteen hundredths wait for those who built on
    /// the result, the rest is burned. A void task has been given up before: only its bond is left to lose.
    function _strike(uint256 id, uint256 bit, address by) internal {
        Claim storage c = claims[id];
        uint192 mask = uint192(1 << bit);
        uint256 bond = c.bond;
        Fate storage fate = fates[Forms.keyOf(c, bit)];
        require(!fate.isStruck, "transitions: an attempt is struck twice");
        if (!fate.isVoid) _reopen(id, mask);
        (fate.isStruck, fate.pot) = (true, uint64((bond * 15) / 100));
        _unlockBonds(c, mask, bond);
        _creditOwed(by, (bond * 4) / 10);
        _creditOwed(flows[c.workflow].requester, (bond * 3) / 10);
        burned += bond - (bond * 4) / 10 - (bond * 3) / 10;
        flows[c.workflow].strikes.push(Forms.sourceOf(Forms.taskOf(c, bit), c.attempt));
    }

    function _strikeBatch(uint256 id, uint256 bit, address by) internal {
        _removeFromBatch(id, bit);
        _strike(id, bit, by);
    }

    /// @dev A result that was built on a struck one: unpaid, but for what the struck bond's pot holds, up to the price.
    function _void(uint256 id, uint256 bit) internal {
        Claim storage c = claims[id];
        Fate storage fate = fates[Forms.keyOf(c, bit)];
        require(!fate.isVoid && !fate.isStruck, "transitions: voided what is void or struck");
        fate.isVoid = true;
        _reopen(id, uint192(1 << bit));
        Fate storage culprit = fates[Forms.sourceKey(c.workflow, c.source)];
        require(culprit.isStruck, "transitions: void without a strike");
        uint64 compensation = culprit.pot < c.price ? culprit.pot : c.price;
        culprit.pot -= compensation;
        burned -= compensation;
        _creditOwed(c.operator, compensation);
    }

    /// @dev Whether a task is in an unmatured batch, void or not.
    function _isContestable(uint256 id, uint256 bit) internal view returns (bool) {
        Claim storage c = claims[id];
        return _is(id, Want.Contestable) && ((c.mask & ~c.removed) >> bit) & 1 != 0;
    }

    function _isCulpritStruck(Claim storage c) internal view returns (bool) {
        return c.source != 0 && fates[Forms.sourceKey(c.workflow, c.source)].isStruck;
    }

    function _judge(uint256 id) internal view returns (JudgeTerms memory) {
        return flows[claims[id].workflow].steps[claims[id].step].judge;
    }

    // ---------------------------------------------------------------- cases

    /// @dev The task's bond stays locked and its price stays spent.
    function _moveOut(uint256 id, uint256 bit) internal returns (uint256 caseId) {
        _removeFromBatch(id, bit);
        caseId = _enter(id, bit);
        cases[caseId].until = uint40(block.timestamp) + claims[id].window;
    }

    function _enter(uint256 id, uint256 bit) internal returns (uint256 caseId) {
        bytes32 key = Forms.keyOf(claims[id], bit);
        require(caseOf[key] == 0, "transitions: an attempt is disputed twice");
        caseId = cases.length;
        Case storage k = cases.push();
        (k.holder, k.bit) = (id, bit);
        caseOf[key] = caseId;
        openAt[caseId] = openCases.length;
        openCases.push(caseId);
        ++_flow(claims[id].workflow).disputes;
        touchedCases.push(caseId);
    }

    function _case(uint256 caseId) internal returns (Case storage) {
        touchedCases.push(caseId);
        return cases[caseId];
    }

    function _keyOf(uint256 caseId) internal view returns (bytes32) {
        return caseId == 0 ? bytes32(0) : Forms.keyOf(claims[cases[caseId].holder], cases[caseId].bit);
    }

    function _lockCall(uint256 caseId, address by, uint256 bond) internal {
        _lock(by, bond);
        (cases[caseId].caller, cases[caseId].callerBond) = (by, uint64(bond));
    }

    /// @dev The caller's bond ends: `spent` goes to others, the rest is free again.
    function _endCall(uint256 caseId, uint256 spent) internal {
        Case storage k = cases[caseId];
        _unlock(k.caller, k.callerBond, spent);
        k.callerBond = 0;
    }

    function _payCase(uint256 caseId) internal {
        Case storage k = _closeCase(caseId);
        uint192 mask = uint192(1 << k.bit);
        _unlockBonds(claims[k.holder], mask, 0);
        if (!fates[_keyOf(caseId)].isVoid) _pay(k.holder, mask);
    }

    function _voidCase(uint256 caseId) internal {
        Case storage k = _closeCase(caseId);
        uint192 mask = uint192(1 << k.bit);
        if (!fates[_keyOf(caseId)].isVoid) _reopen(k.holder, mask);
        _unlockBonds(claims[k.holder], mask, 0);
    }

    function _strikeCase(uint256 caseId, address by) internal {
        Case storage k = _closeCase(caseId);
        _strike(k.holder, k.bit, by);
    }

    /// @dev Evidence that settles a case in any phase: the caller's bond is free again, and so is the jury.
    function _strikeByEvidence(uint256 caseId, address by) internal {
        _endCall(caseId, 0);
        _freeJury(caseId);
        _strikeCase(caseId, by);
    }

    function _freeJury(uint256 caseId) internal {
        Case storage k = cases[caseId];
        Pool storage pool = pools[k.checkProgram];
        if (k.phase == CasePhase.Drawing) --pool.drawing;
        for (uint256 i = 0; i < k.drawn; ++i) --pool.jurors[k.jurors[i]].engaged;
        k.drawn = 0;
    }

    // ---------------------------------------------------------------- juries

    /// @dev Whom the seed draws: by seats, distinct, without those who have a part in the case.
    function _jury(uint256 caseId, uint256 seed) internal view returns (uint256 n, address[5] memory drawn) {
        Case storage k = cases[caseId];
        address[] storage seats = pools[k.checkProgram].seats;
        bytes32 key = _keyOf(caseId);
        for (uint256 i = 0; i < 64 && n < JURY_SIZE; ++i) {
            address juror = seats[uint256(keccak256(abi.encode(seed, key, i))) % seats.length];
            bool excluded = _hasPart(k, juror);
            for (uint256 j = 0; j < n; ++j) if (drawn[j] == juror) excluded = true;
            if (!excluded) drawn[n++] = juror;
        }
    }

    function _hasPart(Case storage k, address who) private view returns (bool) {
        Claim storage c = claims[k.holder];
        address requester = flows[c.workflow].requester;
        return who == c.operator || who == k.caller || who == requester || who == flows[c.workflow].coordinator;
    }

    // ---------------------------------------------------------------- picks

    /// @return caseId an open case in this phase; now and then any other, closed ones too; mostly 0 if there is none
    function _pickCase(Dice memory d, CasePhase phase) internal view returns (uint256 caseId) {
        if (cases.length == 1) return 0;
        if (d.oneIn(24)) return d.between(1, cases.length - 1);
        if (openCases.length == 0) return 0;
        uint256 from = d.roll(openCases.length);
        for (uint256 i = 0; i < openCases.length; ++i) {
            caseId = openCases[(from + i) % openCases.length];
            if (phase == CasePhase.None || cases[caseId].phase == phase) return caseId;
        }
        return d.oneIn(16) ? caseId : 0;
    }

    /// @dev An open case of any phase.
    function _isOpenCase(uint256 caseId) internal view returns (bool) {
        CasePhase phase = cases[caseId].phase;
        return phase != CasePhase.None && phase != CasePhase.Closed;
    }

    // ---------------------------------------------------------------- internal

    function _removeFromBatch(uint256 id, uint256 bit) private {
        Claim storage c = claims[id];
        uint192 mask = uint192(1 << bit);
        require(c.phase == Phase.Committed && c.mask & ~c.removed & mask != 0, "transitions: a task left twice");
        c.removed |= mask;
        c.voided &= ~mask;
        touchedClaims.push(id);
    }

    function _closeCase(uint256 caseId) private returns (Case storage k) {
        k = _case(caseId);
        require(_isOpenCase(caseId), "transitions: a case is closed twice");
        require(k.callerBond == 0, "transitions: a case is closed with its caller's bond");
        k.phase = CasePhase.Closed;
        uint256 last = openCases[openCases.length - 1];
        (openCases[openAt[caseId]], openAt[last]) = (last, openAt[caseId]);
        openCases.pop();
        --_flow(claims[k.holder].workflow).disputes;
    }
}
