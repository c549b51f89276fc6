// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JudgeTerms} from "../../../contracts/interfaces/MarketTypes.sol";
import {Phase as CasePhase} from "../../../contracts/libraries/DisputeLib.sol";
import {Dice} from "../Dice.sol";
import {DisputeCalls} from "../DisputeCalls.sol";
import {Case, Claim, Want} from "../Types.sol";
import {vm} from "../Vm.sol";
import {ReceiptHandler} from "./ReceiptHandler.sol";

/// @title Juries are called and drawn, vote, are silent, judge; operators appeal to them
abstract contract JuryHandler is ReceiptHandler {
    function callJury(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Contestable);
        for (uint256 i = 0; i < 4 && id != 0 && !_hasJury(_judge(id)); ++i) id = _pickClaim(d, Want.Contestable);
        if (id == 0 || (!_hasJury(_judge(id)) && !d.oneIn(12))) return;
        Claim memory c = claims[id];
        uint256 bit = _pickAnyBit(d, c);
        JudgeTerms memory judge = _judge(id);
        address by = d.oneIn(8) ? c.operator : _withFree(d, _callBond(judge));
        bool legal = _isContestable(id, bit) && _canCall(by, judge);
        if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        else if (d.oneIn(20)) (judge.checkProgram, legal) = ("another program", false);
        if (!_act("callJury", by, DisputeCalls.callJury(address(MARKET), c, judge, bit), legal)) return;
        _summon(_moveOut(id, bit), by, judge);
    }

    function callJuryDisputed(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, CasePhase.Revealed);
        if (caseId == 0) return;
        JudgeTerms memory judge = _judge(cases[caseId].holder);
        if ((!_hasJury(judge) || !_standsRevealed(cases[caseId])) && !d.oneIn(12)) return;
        address by = _withFree(d, _callBond(judge));
        bool legal = _standsRevealed(cases[caseId]) && _canCall(by, judge);
        if (d.oneIn(20)) (judge.jurorFee, legal) = (judge.jurorFee + 1, false);
        bytes memory data = DisputeCalls.callJuryDisputed(_keyOf(caseId), claims[cases[caseId].holder].root, judge);
        if (_act("callJuryDisputed", by, data, legal)) _summon(caseId, by, judge);
    }

    function appeal(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Concedable);
        for (uint256 i = 0; i < 4 && id != 0 && !_hasJury(_judge(id)); ++i) id = _pickClaim(d, Want.Concedable);
        if (id == 0 || (!_hasJury(_judge(id)) && !d.oneIn(12))) return;
        Claim memory c = claims[id];
        uint256 bit = _pickAnyBit(d, c);
        JudgeTerms memory judge = _judge(id);
        address by = d.oneIn(20) ? _anyone(d) : c.operator;
        bool legal = by == c.operator && _is(id, Want.Concedable) && (c.mask >> bit) & 1 != 0 && _canCall(by, judge);
        if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        else if (d.oneIn(20)) (judge.jurorFee, legal) = (judge.jurorFee + 1, false);
        if (!_act("appeal", by, DisputeCalls.appeal(c, judge, bit), legal)) return;
        uint256 caseId = _enter(id, bit);
        cases[caseId].isAppeal = true;
        _takeOut(id, uint192(1 << bit));
        _summon(caseId, by, judge);
    }

    function draw(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, CasePhase.Drawing);
        if (caseId == 0) return;
        vm.roll(block.number + d.between(0, 4));
        if (d.oneIn(20)) vm.roll(block.number + d.between(250, 260));
        bool legal = cases[caseId].phase == CasePhase.Drawing && block.number > cases[caseId].drawBlock;
        if (_act("draw", _anyone(d), DisputeCalls.draw(_keyOf(caseId)), legal)) _draw(caseId);
    }

    /// @notice Those who were drawn vote, most of them for the same; some are silent; now and then others try.
    function vote(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, CasePhase.Voting);
        if (caseId == 0 || cases[caseId].drawn == 0) return;
        Case storage k = _case(caseId);
        bytes32 key = _keyOf(caseId);
        uint8 common = uint8(1 + (uint256(keccak256(abi.encode(key))) % 4));
        bool inTime = k.phase == CasePhase.Voting && block.timestamp <= k.until;
        if (!inTime && !d.oneIn(8)) return;
        for (uint256 i = 0; i < JURY_SIZE; ++i) {
            if (d.oneIn(5)) continue;
            uint8 verdict = d.oneIn(4) ? uint8(d.roll(5)) : common;
            if (_act("vote", k.jurors[i], DisputeCalls.vote(key, k.jurors[i], verdict), inTime))
                (k.sealedVotes[i], k.hasVoted[i]) = (verdict, true);
        }
        if (d.oneIn(6)) _strangerVotes(d, caseId);
    }

    /// @notice Those who voted open their votes; some don't, some try to open another one.
    function openVotes(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, d.oneIn(2) ? CasePhase.Voting : CasePhase.Opening);
        if (caseId == 0 || cases[caseId].drawn == 0) return;
        if (cases[caseId].phase == CasePhase.Voting && d.oneIn(3)) _passTime(d, cases[caseId].until);
        if (!_canOpen(caseId) && !d.oneIn(8)) return;
        for (uint256 i = 0; i < JURY_SIZE; ++i) if (!d.oneIn(8)) _openVote(d, caseId, i);
    }

    function closeCase(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, d.oneIn(2) ? CasePhase.Voting : CasePhase.Opening);
        if (caseId == 0) return;
        if (cases[caseId].phase == CasePhase.Opening && d.oneIn(3)) _passTime(d, cases[caseId].until);
        if (!_isVoted(caseId) && !d.oneIn(8)) return;
        if (_act("closeCase", _anyone(d), DisputeCalls.closeCase(_keyOf(caseId)), _isVoted(caseId))) _judged(caseId);
    }

    // ---------------------------------------------------------------- internal

    function _hasJury(JudgeTerms memory judge) private view returns (bool) {
        return judge.checkProgram != 0 && pools[judge.checkProgram].seats.length >= JURY_SIZE;
    }

    function _callBond(JudgeTerms memory judge) private pure returns (uint256) {
        return JURY_SIZE * judge.jurorFee + LATE_GAS_REFUND;
    }

    function _canCall(address by, JudgeTerms memory judge) private view returns (bool) {
        return _hasJury(judge) && purses[by].free >= _callBond(judge);
    }

    function _summon(uint256 caseId, address by, JudgeTerms memory judge) private {
        _lockCall(caseId, by, _callBond(judge));
        Case storage k = _case(caseId);
        (k.phase, k.checkProgram, k.jurorFee) = (CasePhase.Drawing, judge.checkProgram, judge.jurorFee);
        k.drawBlock = uint64(block.number) + 2;
        ++pools[judge.checkProgram].drawing;
    }

    /// @dev Its block's hash decides; after 256 blocks, another block. Without enough jurors it is as if nobody had called.
    function _draw(uint256 caseId) internal {
        Case storage k = _case(caseId);
        bytes32 seed = blockhash(k.drawBlock);
        if (seed == 0) {
            k.drawBlock = uint64(block.number) + 2;
            return;
        }
        (uint256 n, address[5] memory drawn) = _jury(caseId, uint256(seed));
        if (n < JURY_SIZE) {
            _endCall(caseId, 0);
            _freeJury(caseId);
            if (k.isAppeal) _voidCase(caseId);
            else k.phase = CasePhase.Revealed;
            return;
        }
        --pools[k.checkProgram].drawing;
        for (uint256 i = 0; i < JURY_SIZE; ++i) ++pools[k.checkProgram].jurors[drawn[i]].engaged;
        (k.drawn, k.jurors, k.phase) = (n, drawn, CasePhase.Voting);
        k.until = uint40(block.timestamp) + claims[k.holder].window;
    }

    /// @dev To just behind a time, or, now and then, to it.
    function _passTime(Dice memory d, uint256 time) private {
        if (block.timestamp <= time) vm.warp(d.oneIn(8) ? time : time + 1);
    }

    function _strangerVotes(Dice memory d, uint256 caseId) private {
        Case storage k = cases[caseId];
        address by = _anyone(d);
        if (!_sitsOn(k, by)) _act("vote", by, DisputeCalls.vote(_keyOf(caseId), by, 1), false);
    }

    function _sitsOn(Case storage k, address who) private view returns (bool) {
        for (uint256 i = 0; i < JURY_SIZE; ++i) if (k.jurors[i] == who) return true;
        return false;
    }

    function _canOpen(uint256 caseId) private view returns (bool) {
        Case storage k = cases[caseId];
        if (k.phase == CasePhase.Opening) return block.timestamp <= k.until;
        uint256 end = uint256(k.until) + claims[k.holder].window;
        return k.phase == CasePhase.Voting && block.timestamp > k.until && block.timestamp <= end;
    }

    function _openVote(Dice memory d, uint256 caseId, uint256 i) private {
        Case storage k = _case(caseId);
        address juror = k.jurors[i];
        uint8 verdict = k.sealedVotes[i];
        bool legal = _canOpen(caseId) && k.hasVoted[i] && verdict != 0;
        if (!k.hasVoted[i] && !d.oneIn(6)) return;
        if (d.oneIn(12)) (verdict, legal) = ((verdict + 1) % 5, false);
        if (d.oneIn(30)) {
            address stranger = _anyone(d);
            if (!_sitsOn(k, stranger)) (juror, legal) = (stranger, false);
        }
        if (!_act("openVote", juror, DisputeCalls.openVote(_keyOf(caseId), juror, verdict), legal)) return;
        if (k.phase == CasePhase.Voting)
            (k.phase, k.until) = (CasePhase.Opening, k.until + uint40(claims[k.holder].window));
        k.votes[i] = verdict;
    }

    /// @dev Whether all votes that can be opened are.
    function _isVoted(uint256 caseId) internal view returns (bool) {
        Case storage k = cases[caseId];
        if (k.phase == CasePhase.Opening) return block.timestamp > k.until;
        return k.phase == CasePhase.Voting && block.timestamp > uint256(k.until) + claims[k.holder].window;
    }

    /// @dev More than half of the drawn jurors decide. They are paid out of the caller's bond (without a verdict all who voted), the
    /// silent ones are fined; what is left goes to an operator who was called before the jury for nothing, or back.
    function _judged(uint256 caseId) internal {
        Case storage k = cases[caseId];
        uint8 verdict = _verdict(k);
        uint256 fees = _payJurors(k, verdict);
        address operator = claims[k.holder].operator;
        bool frivolous = verdict == 1 && k.caller != operator;
        if (frivolous) _creditOwed(operator, k.callerBond - fees);
        _endCall(caseId, frivolous ? k.callerBond : fees);
        if (verdict == 2 || verdict == 4)
            return _strikeCase(caseId, k.caller == operator ? flows[claims[k.holder].workflow].requester : k.caller);
        if (verdict == 3 || (verdict == 0 && k.isAppeal)) _voidCase(caseId);
        else _payCase(caseId);
    }

    function _verdict(Case storage k) private view returns (uint8) {
        for (uint8 v = 1; v < 5; ++v) {
            uint256 n;
            for (uint256 i = 0; i < JURY_SIZE; ++i) if (k.votes[i] == v) ++n;
            if (n >= 3) return v;
        }
        return 0;
    }

    function _payJurors(Case storage k, uint8 verdict) private returns (uint256 fees) {
        uint64 fine = k.jurorFee * 10 < MIN_STAKE / 10 ? k.jurorFee * 10 : MIN_STAKE / 10;
        for (uint256 i = 0; i < JURY_SIZE; ++i) {
            --pools[k.checkProgram].jurors[k.jurors[i]].engaged;
            if (k.votes[i] == 0) pools[k.checkProgram].jurors[k.jurors[i]].fine += fine;
            else if (verdict == 0 || k.votes[i] == verdict) {
                fees += k.jurorFee;
                _creditOwed(k.jurors[i], k.jurorFee);
            }
        }
    }
}
