// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketDisputes} from "../interfaces/parts/IMarketDisputes.sol";
import {BatchOpening, JudgeTerms, LeafOpening, Ticket} from "../interfaces/MarketTypes.sol";
import {Dispute, DisputeLib, Jury, Phase, Pool} from "../libraries/DisputeLib.sol";
import {TaskWordLib} from "../libraries/TaskWordLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {VerifierCall} from "../libraries/VerifierCall.sol";
import {MarketEvidence} from "./MarketEvidence.sol";

/// @title Tasks that have left their batch: how they get into a dispute and out of it
/// @dev A task in dispute freezes nothing but itself. A verifier's "no" strikes it in every phase, so nobody hides a result from
/// the verifier by disputing it first.
abstract contract MarketDisputes is IMarketDisputes, MarketEvidence {
    using TicketLib for Ticket;

    /// @inheritdoc IMarketDisputes
    function challengeDisputed(
        bytes32 key,
        bytes32 root,
        JudgeTerms calldata judge,
        LeafOpening calldata leaf,
        bytes calldata statement,
        bytes calldata result
    ) external {
        Dispute storage d = _openDispute(key);
        Ticket memory t = _ticketOf(key, d);
        _requireCommitment(key, d, root, sha256(result));
        _requireStatement(t, root, judge, leaf, statement);
        if (VerifierCall.ask(judge.verifier, judge.verifierGas, statement, result)) revert ResultValid(judge.verifier);
        _strikeByEvidence(key, d);
    }

    // ---------------------------------------------------------------- internal

    /// @dev The dispute, if it is not closed.
    function _openDispute(bytes32 key) internal view returns (Dispute storage d) {
        d = _disputes[key];
        if (d.phase == Phase.None || d.phase == Phase.Closed) revert DisputePhase(key, d.phase);
    }

    /// @dev The dispute, if it stands in a phase.
    function _inPhase(bytes32 key, Phase phase) internal view returns (Dispute storage d) {
        d = _disputes[key];
        if (d.phase != phase) revert DisputePhase(key, d.phase);
    }

    /// @dev The dispute, if its result stands unless somebody objects in time.
    function _stillRevealed(
        bytes32 key,
        bytes32 root,
        JudgeTerms calldata judge
    ) internal view returns (Dispute storage d) {
        d = _inPhase(key, Phase.Revealed);
        if (block.timestamp > d.until) revert DeadlinePassed(d.until);
        _requireBound(_ticketOf(key, d), root, judge);
    }

    /// @dev The ticket of one task, as far as evidence needs it.
    function _ticketOf(bytes32 key, Dispute storage d) internal view returns (Ticket memory) {
        uint256 task = DisputeLib.taskOf(key);
        uint256 scope = TicketLib.packScope(
            task / TaskWordLib.TASKS,
            0,
            DisputeLib.attemptOf(key),
            1 << (task % TaskWordLib.TASKS)
        );
        return Ticket(d.money, scope, d.bound);
    }

    /// @dev Moves a task out of its unmatured batch. The dispute can be closed as revealed, not before the batch would have matured.
    function _moveOut(
        BatchOpening calldata batch,
        JudgeTerms calldata judge,
        uint32 task
    ) internal returns (bytes32 key, Dispute storage d) {
        Ticket memory t = batch.ticket;
        bytes32 committed = _openBatch(batch, t, task);
        _requireBound(t, batch.root, judge);
        key = _keyOf(t, task);
        _leaveBatch(key, batch.operator, batch.slot);
        _workflows[t.workflow()].retries[task] = _retryOf(key).disputed();
        d = _enter(key, batch.operator, batch.slot, t, committed);
        d.until = uint40(block.timestamp) + t.window();
    }

    function _enter(
        bytes32 key,
        address operator,
        uint16 slot,
        Ticket memory t,
        bytes32 committed
    ) internal returns (Dispute storage d) {
        d = _disputes[key];
        (d.money, d.bound, d.commitment) = (t.money, t.bound, committed);
        (d.operator, d.slot) = (operator, slot);
        ++_workflows[t.workflow()].disputes;
    }

    function _close(bytes32 key, Dispute storage d) private {
        d.phase = Phase.Closed;
        --_workflows[DisputeLib.workflowOf(key)].disputes;
    }

    /// @dev Who calls has to lock a bond of free stake.
    function _lockCall(Dispute storage d, uint256 bond) internal {
        _accounts[msg.sender] = _accounts[msg.sender].lock(bond);
        (d.caller, d.callerBond) = (msg.sender, uint64(bond));
    }

    /// @dev Ends the caller's bond: `back` is free again, `spent` has gone to others.
    function _endCall(bytes32 key, Dispute storage d, uint256 back, uint256 spent) internal {
        if (d.callerBond == 0) return;
        _accounts[d.caller] = _accounts[d.caller].unlock(back, spent);
        emit CallEnded(d.caller, key, uint64(back), uint64(spent));
        d.callerBond = 0;
    }

    function _requireCommitment(bytes32 key, Dispute storage d, bytes32 root, bytes32 resultDigest) internal view {
        bytes32 expected = _commitment(key, d.operator, root, resultDigest);
        if (expected != d.commitment) revert CommitmentMismatch(expected, d.commitment);
    }

    /// @dev The result stands: the operator has its bond back, and its pay unless the task is void.
    function _payDispute(bytes32 key, Dispute storage d) internal {
        uint256 pay = _isVoid(key) ? 0 : TicketLib.priceOf(d.money);
        uint256 bond = TicketLib.bondOf(d.money);
        _accounts[d.operator] = _accounts[d.operator].unlock(bond, 0).addOwed(pay);
        _close(key, d);
        emit DisputePaid(d.operator, DisputeLib.workflowOf(key), key, uint64(pay), uint64(bond));
    }

    /// @dev The result was wrong, or is nowhere.
    function _strikeDispute(bytes32 key, Dispute storage d, address challenger) internal {
        _close(key, d);
        _strike(key, d.operator, d.slot, d.money, challenger);
    }

    /// @dev The caller has shown what settles the case in any phase.
    function _strikeByEvidence(bytes32 key, Dispute storage d) internal {
        _endCall(key, d, d.callerBond, 0);
        _freeJury(key, d);
        _strikeDispute(key, d, msg.sender);
    }

    /// @dev A case ends before its jury has judged: the pool is free, and its jurors, without fee or fine.
    function _freeJury(bytes32 key, Dispute storage d) internal {
        Jury storage jury = _juries[key];
        Pool storage pool = _pools[jury.checkProgram];
        if (d.phase == Phase.Drawing) --pool.drawing;
        for (uint256 i = 0; i < jury.drawn; ++i) --pool.jurors[jury.jurors[i]].engaged;
        jury.drawn = 0;
    }

    /// @dev The result is unpaid, but nobody's fault: the bond goes back, the task opens again.
    function _voidDispute(bytes32 key, Dispute storage d) internal {
        if (!_isVoid(key)) _reopenTask(key, d.money);
        uint256 bond = TicketLib.bondOf(d.money);
        _accounts[d.operator] = _accounts[d.operator].unlock(bond, 0);
        _close(key, d);
        emit DisputeVoided(d.operator, DisputeLib.workflowOf(key), key, uint64(bond));
    }
}
