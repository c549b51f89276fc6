// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketJury} from "../interfaces/parts/IMarketJury.sol";
import {BatchOpening, JudgeTerms, Rule, Ticket} from "../interfaces/MarketTypes.sol";
import {Dispute, DisputeLib, Jury, Juror, Phase, Pool, Verdict} from "../libraries/DisputeLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {Workflow} from "../libraries/WorkflowLib.sol";
import {MarketClaims} from "./MarketClaims.sol";
import {MarketDisputes} from "./MarketDisputes.sol";

/// @title Juries
/// @notice Jurors take seats for a check program, each with a bond of MIN_STAKE. Five of them, drawn by seats with the hash of a later
/// block, run the program, commit to a verdict and open it. The caller's bond pays those of the majority.
abstract contract MarketJury is IMarketJury, MarketDisputes, MarketClaims {
    using TicketLib for Ticket;

    // ---------------------------------------------------------------- seats

    /// @inheritdoc IMarketJury
    function takeSeats(bytes32 checkProgram, uint32 count) external {
        Pool storage pool = _stillPool(checkProgram);
        if (count == 0 || count > Limits.MAX_SEATS) revert TermOutOfRange("seats", count, 1, Limits.MAX_SEATS);
        _accounts[msg.sender] = _accounts[msg.sender].lock(uint256(count) * MIN_STAKE);
        for (uint256 i = 0; i < count; ++i) pool.seats.push(msg.sender);
        pool.jurors[msg.sender].seats += count;
        emit SeatsTaken(msg.sender, checkProgram, count);
    }

    /// @inheritdoc IMarketJury
    function leaveSeat(bytes32 checkProgram, uint256 seat) external {
        Pool storage pool = _stillPool(checkProgram);
        Juror storage juror = pool.jurors[msg.sender];
        uint256 seats = pool.seats.length;
        if (seat >= seats || pool.seats[seat] != msg.sender) revert NotYourSeat(checkProgram, seat);
        if (juror.seats <= juror.engaged) revert SeatEngaged(checkProgram, msg.sender);
        pool.seats[seat] = pool.seats[seats - 1];
        pool.seats.pop();
        --juror.seats;
        uint64 burned = juror.fine < MIN_STAKE ? juror.fine : MIN_STAKE;
        juror.fine -= burned;
        _accounts[msg.sender] = _accounts[msg.sender].unlock(MIN_STAKE - burned, burned);
        emit SeatLeft(msg.sender, checkProgram, seat, burned);
    }

    // ---------------------------------------------------------------- calls

    /// @inheritdoc IMarketJury
    function callJury(BatchOpening calldata batch, JudgeTerms calldata judge, uint32 task) external {
        (bytes32 key, Dispute storage d) = _moveOut(batch, judge, task);
        _summon(key, d, judge);
    }

    /// @inheritdoc IMarketJury
    function callJuryDisputed(bytes32 key, bytes32 root, JudgeTerms calldata judge) external {
        _summon(key, _stillRevealed(key, root, judge), judge);
    }

    /// @inheritdoc IMarketJury
    function appeal(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        bytes32 root,
        JudgeTerms calldata judge,
        uint32 task,
        bytes32 resultDigest
    ) external {
        if (msg.sender != operator) revert NotOperator(msg.sender, operator);
        Ticket memory t = ticket;
        _requireLive(_slots[operator][slot], slot, t.hash());
        if (t.rule() != Rule.Accepted) revert RuleMismatch(t.rule(), Rule.Accepted);
        _requireBound(t, root, judge);
        uint192 bit = _bitOf(t, task);
        if (bit == 0) revert MaskInvalid(bit, t.mask());
        _removeFromSlot(operator, slot, t, bit, 1);
        bytes32 key = _keyOf(t, task);
        Dispute storage d = _enter(key, operator, slot, t, _commitment(key, operator, root, resultDigest));
        d.isAppeal = true;
        emit Appealed(operator, t.workflow(), key, slot, resultDigest);
        _summon(key, d, judge);
    }

    // ---------------------------------------------------------------- the jury at work

    /// @inheritdoc IMarketJury
    function draw(bytes32 key) external {
        Dispute storage d = _inPhase(key, Phase.Drawing);
        Jury storage jury = _juries[key];
        if (block.number <= jury.drawBlock) revert DrawTooEarly(key, jury.drawBlock);
        bytes32 seed = blockhash(jury.drawBlock);
        if (seed == 0) {
            jury.drawBlock = uint64(block.number) + Limits.DRAW_DELAY;
            emit DrawPostponed(key, jury.drawBlock);
            return;
        }
        Pool storage pool = _pools[jury.checkProgram];
        if (!_drawFrom(pool, jury, key, d, uint256(seed))) return _dismiss(key, d);
        --pool.drawing;
        (d.phase, d.until) = (Phase.Voting, uint40(block.timestamp) + TicketLib.windowOf(d.money));
        emit JuryDrawn(key, jury.jurors, d.until);
    }

    /// @inheritdoc IMarketJury
    function vote(bytes32 key, bytes32 sealedVote) external {
        Dispute storage d = _inPhase(key, Phase.Voting);
        if (block.timestamp > d.until) revert DeadlinePassed(d.until);
        Jury storage jury = _juries[key];
        jury.sealedVotes[_seatOf(jury, key)] = sealedVote;
        emit Voted(key, msg.sender, sealedVote);
    }

    /// @inheritdoc IMarketJury
    function openVote(bytes32 key, Verdict verdict, bytes32 salt) external {
        Dispute storage d = _disputes[key];
        if (d.phase == Phase.Voting && block.timestamp > d.until)
            (d.phase, d.until) = (Phase.Opening, d.until + TicketLib.windowOf(d.money));
        if (d.phase != Phase.Opening) revert DisputePhase(key, d.phase);
        if (block.timestamp > d.until) revert DeadlinePassed(d.until);
        Jury storage jury = _juries[key];
        uint256 seat = _seatOf(jury, key);
        if (verdict == Verdict.None || jury.sealedVotes[seat] != keccak256(abi.encode(key, msg.sender, verdict, salt)))
            revert VoteMismatch(key, msg.sender);
        jury.votes[seat] = uint8(verdict);
        emit VoteOpened(key, msg.sender, verdict);
    }

    /// @inheritdoc IMarketJury
    function closeCase(bytes32 key) external {
        Dispute storage d = _disputes[key];
        uint40 end = d.until;
        if (d.phase == Phase.Voting)
            end += TicketLib.windowOf(d.money); // nobody has opened a vote
        else if (d.phase != Phase.Opening) revert DisputePhase(key, d.phase);
        if (block.timestamp <= end) revert DeadlineNotPassed(end);
        Jury storage jury = _juries[key];
        Verdict verdict = _verdict(jury);
        uint256 fees = _payJurors(jury, verdict);
        uint256 left = d.callerBond - fees;
        emit CaseClosed(d.operator, DisputeLib.workflowOf(key), key, verdict, uint64(fees));
        // A call that the jury finds unfounded costs its bond; without a verdict the caller keeps what is left.
        bool frivolous = verdict == Verdict.Valid && d.caller != d.operator;
        if (frivolous) _credit(d.operator, left);
        _endCall(key, d, frivolous ? 0 : left, frivolous ? d.callerBond : fees);
        if (verdict == Verdict.Invalid || verdict == Verdict.Unavailable) {
            // Who lost an appeal is not paid for striking itself.
            address challenger = d.caller == d.operator ? _workflows[DisputeLib.workflowOf(key)].requester : d.caller;
            _strikeDispute(key, d, challenger);
        } else if (verdict == Verdict.InputsWrong || (verdict == Verdict.None && d.isAppeal)) _voidDispute(key, d);
        else _payDispute(key, d);
    }

    // ---------------------------------------------------------------- internal

    /// @dev The pool, if no draw is pending: who could join or leave when the seed is known would choose the jury.
    function _stillPool(bytes32 checkProgram) private view returns (Pool storage pool) {
        pool = _pools[checkProgram];
        if (pool.drawing != 0) revert PoolDrawing(checkProgram);
    }

    function _summon(bytes32 key, Dispute storage d, JudgeTerms calldata judge) private {
        Pool storage pool = _pools[judge.checkProgram];
        if (judge.checkProgram == 0 || pool.seats.length < Limits.JURY_SIZE)
            revert JuryMissing(judge.checkProgram, pool.seats.length, Limits.JURY_SIZE);
        _lockCall(d, Limits.JURY_SIZE * judge.jurorFee + LATE_GAS_REFUND);
        Jury storage jury = _juries[key];
        (jury.checkProgram, jury.jurorFee) = (judge.checkProgram, judge.jurorFee);
        jury.drawBlock = uint64(block.number) + Limits.DRAW_DELAY;
        ++pool.drawing;
        d.phase = Phase.Drawing;
        emit JuryCalled(
            d.operator,
            DisputeLib.workflowOf(key),
            key,
            msg.sender,
            d.slot,
            d.callerBond,
            judge.checkProgram,
            jury.drawBlock
        );
    }

    /// @dev There are too few jurors: it is as if nobody had called them. What nobody has accepted ends unpaid.
    function _dismiss(bytes32 key, Dispute storage d) private {
        _endCall(key, d, d.callerBond, 0);
        _freeJury(key, d);
        emit CaseDismissed(d.operator, DisputeLib.workflowOf(key), key, d.until);
        if (d.isAppeal) _voidDispute(key, d);
        else d.phase = Phase.Revealed;
    }

    /// @dev Draws distinct jurors that have no part in the case. @return whether there were enough
    function _drawFrom(
        Pool storage pool,
        Jury storage jury,
        bytes32 key,
        Dispute storage d,
        uint256 seed
    ) private returns (bool) {
        Workflow storage w = _workflows[DisputeLib.workflowOf(key)];
        (address operator, address caller, address requester, address coordinator) = (
            d.operator,
            d.caller,
            w.requester,
            w.coordinator
        );
        uint256 seats = pool.seats.length;
        for (uint256 i = 0; i < Limits.DRAW_TRIES; ++i) {
            address juror = pool.seats[uint256(keccak256(abi.encode(seed, key, i))) % seats];
            if (juror == operator || juror == caller || juror == requester || juror == coordinator) continue;
            if (_isDrawn(jury, juror)) continue;
            jury.jurors[jury.drawn] = juror;
            ++pool.jurors[juror].engaged;
            if (++jury.drawn == Limits.JURY_SIZE) return true;
        }
        return false;
    }

    function _isDrawn(Jury storage jury, address juror) private view returns (bool) {
        for (uint256 i = 0; i < jury.drawn; ++i) if (jury.jurors[i] == juror) return true;
        return false;
    }

    /// @dev The caller's place in the jury.
    function _seatOf(Jury storage jury, bytes32 key) private view returns (uint256) {
        for (uint256 i = 0; i < Limits.JURY_SIZE; ++i) if (jury.jurors[i] == msg.sender) return i;
        revert NotJuror(key, msg.sender);
    }

    /// @dev What more than half of all drawn jurors have found, or None.
    function _verdict(Jury storage jury) private view returns (Verdict) {
        uint256[5] memory tally;
        for (uint256 i = 0; i < Limits.JURY_SIZE; ++i) ++tally[jury.votes[i]];
        for (uint256 v = 1; v < 5; ++v) if (tally[v] > Limits.JURY_SIZE / 2) return Verdict(v);
        return Verdict.None;
    }

    /// @dev Pays the majority (without one, all who voted), and fines those who were silent. @return fees units paid
    function _payJurors(Jury storage jury, Verdict verdict) private returns (uint256 fees) {
        Pool storage pool = _pools[jury.checkProgram];
        uint64 fine = uint64((uint256(MIN_STAKE) * Limits.SILENT_JUROR_BPS) / Limits.BPS);
        if (fine > jury.jurorFee * Limits.SILENT_JUROR_FEES) fine = uint64(jury.jurorFee * Limits.SILENT_JUROR_FEES);
        for (uint256 i = 0; i < Limits.JURY_SIZE; ++i) {
            Juror storage juror = pool.jurors[jury.jurors[i]];
            --juror.engaged;
            uint8 found = jury.votes[i];
            if (found == 0) juror.fine += fine;
            else if (verdict == Verdict.None || found == uint8(verdict)) {
                fees += jury.jurorFee;
                _credit(jury.jurors[i], jury.jurorFee);
            }
        }
    }
}
