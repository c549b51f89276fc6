// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {BatchOpening, JudgeTerms, LeafOpening, Rule, Ticket} from "../interfaces/MarketTypes.sol";
import {AssignmentLib} from "../libraries/AssignmentLib.sol";
import {BitsLib} from "../libraries/BitsLib.sol";
import {CommitmentLib} from "../libraries/CommitmentLib.sol";
import {DisputeLib, Phase} from "../libraries/DisputeLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {Retry} from "../libraries/RetryLib.sol";
import {Slot, SlotLib} from "../libraries/SlotLib.sol";
import {StepsLib} from "../libraries/StepsLib.sol";
import {TaskWordLib} from "../libraries/TaskWordLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {Workflow} from "../libraries/WorkflowLib.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title What disputes rest on: opened batches, terms, leaves; and what a strike does
abstract contract MarketEvidence is MarketBase {
    using TicketLib for Ticket;

    /// @dev Reverts unless the operator's slot holds an unmatured batch that the opening is of, with this task at its place, and
    /// the task has not left it.
    /// @return committed the task's commitment
    function _openBatch(
        BatchOpening calldata batch,
        Ticket memory t,
        uint256 task
    ) internal view returns (bytes32 committed) {
        Slot s = _slots[batch.operator][batch.slot];
        if (s.state() != SlotLib.COMMITTED) revert SlotState(batch.slot, s.state(), SlotLib.COMMITTED);
        bytes32 root;
        bool consistent;
        (root, committed, consistent) = CommitmentLib.open(batch.commitment);
        if (!consistent || s.digest() != SlotLib.digestOf(t.batchHash(root))) revert DigestMismatch(batch.slot);
        if (block.timestamp >= s.time()) revert Matured(s.time());

        // The batch holds one commitment per task, by rising index.
        uint192 bit = _bitOf(t, task);
        if (bit == 0 || BitsLib.count(t.mask() & (bit - 1)) != batch.commitment.position)
            revert CommitmentMismatch(0, committed);
        if (_hasLeft(_keyOf(t, task))) revert AlreadyStruck(uint32(task), t.attempt());
    }

    /// @dev Reverts unless the commitment is to this result by this operator for this task.
    function _requireResult(
        BatchOpening calldata batch,
        Ticket memory t,
        uint32 task,
        bytes32 resultDigest,
        bytes32 committed
    ) internal view {
        bytes32 expected = _commitment(_keyOf(t, task), batch.operator, batch.root, resultDigest);
        if (expected != committed) revert CommitmentMismatch(expected, committed);
    }

    /// @param key names workflow, task and attempt
    function _commitment(
        bytes32 key,
        address operator,
        bytes32 root,
        bytes32 resultDigest
    ) internal view returns (bytes32) {
        return
            CommitmentLib.hash(
                DisputeLib.workflowOf(key),
                DisputeLib.taskOf(key),
                DisputeLib.attemptOf(key),
                operator,
                root,
                resultDigest
            );
    }

    /// @dev Reverts unless root and terms are those that the ticket binds.
    function _requireBound(Ticket memory t, bytes32 root, JudgeTerms calldata judge) internal pure {
        if (TicketLib.pair(uint256(root), StepsLib.judgeHash(judge)) != t.bound)
            revert StepsMismatch(t.workflow(), t.step());
    }

    /// @dev Reverts unless the leaf is that of one of the ticket's tasks, under the root that was signed (or opened) for it.
    function _requireLeaf(Ticket memory t, bytes32 root, LeafOpening calldata opening) internal pure {
        if (
            opening.leaf.attempt != (t.isOpen() ? 0 : t.attempt()) ||
            _bitOf(t, opening.leaf.task) == 0 ||
            !MerkleProof.verifyCalldata(opening.path, root, AssignmentLib.leafHash(opening.leaf))
        ) revert LeafMismatch(opening.leaf.task, opening.leaf.attempt);
    }

    /// @dev Reverts unless the step is judged by a verifier and the statement is the one that was fixed for the task.
    function _requireStatement(
        Ticket memory t,
        bytes32 root,
        JudgeTerms calldata judge,
        LeafOpening calldata leaf,
        bytes calldata statement
    ) internal pure {
        _requireBound(t, root, judge);
        if (t.rule() != Rule.Verifier) revert RuleMismatch(t.rule(), Rule.Verifier);
        _requireLeaf(t, root, leaf);
        bytes32 digest = sha256(statement);
        if (digest != leaf.leaf.statementDigest) revert StatementMismatch(digest, leaf.leaf.statementDigest);
    }

    /// @dev A task's bit in the ticket's mask, or zero.
    function _bitOf(Ticket memory t, uint256 task) internal pure returns (uint192) {
        if (task / TaskWordLib.TASKS != t.word()) return 0;
        return uint192(1 << (task % TaskWordLib.TASKS)) & t.mask();
    }

    function _keyOf(Ticket memory t, uint256 task) internal pure returns (bytes32) {
        return DisputeLib.keyOf(t.workflow(), task, t.attempt());
    }

    function _retryOf(bytes32 key) internal view returns (Retry) {
        return _workflows[DisputeLib.workflowOf(key)].retries[DisputeLib.taskOf(key)];
    }

    /// @dev Whether a committed attempt is no longer in its batch. What the retry record rules out is not looked up.
    function _hasLeft(bytes32 key) private view returns (bool) {
        Retry retry = _retryOf(key);
        if (retry.wasDisputed() && _disputes[key].phase != Phase.None) return true;
        return retry.fences(DisputeLib.attemptOf(key)) && (!_fates[key].isVoid || _fates[key].hasLeft);
    }

    /// @dev Whether an attempt that is in a batch or a dispute is void: only then its task was opened to a later one.
    function _isVoid(bytes32 key) internal view returns (bool) {
        return _retryOf(key).fences(DisputeLib.attemptOf(key));
    }

    /// @dev Takes one task out of its batch for good: struck.
    function _strikeBatch(address operator, uint16 slot, Ticket memory t, uint32 task, address challenger) internal {
        bytes32 key = _keyOf(t, task);
        _leaveBatch(key, operator, slot);
        _strike(key, operator, slot, t.money, challenger);
    }

    /// @dev Counts a task out of its batch.
    function _leaveBatch(bytes32 key, address operator, uint16 slot) internal {
        Slot s = _slots[operator][slot];
        _slots[operator][slot] = _isVoid(key) ? s.voidedToRemoved() : s.addRemoved();
    }

    /// @dev Strikes an attempt whose bond is locked in nothing else any more. Its price returns to the escrow and the task opens again,
    /// unless it is void and that was done. The whole bond is shared out: challenger, requester, pot for those who built on the
    /// result; the rest burns.
    function _strike(bytes32 key, address operator, uint16 slot, uint256 money, address challenger) internal {
        uint256 bond = TicketLib.bondOf(money);
        uint256 toChallenger = (bond * Limits.STRIKE_CHALLENGER_BPS) / Limits.BPS;
        uint256 toRequester = (bond * Limits.STRIKE_REQUESTER_BPS) / Limits.BPS;
        uint64 pot = uint64((bond * Limits.STRIKE_POT_BPS) / Limits.BPS);
        _recordStrike(key, money, pot);
        uint48 workflow = DisputeLib.workflowOf(key);
        _accounts[operator] = _accounts[operator].unlock(0, bond); // one after another: they may be one account
        _credit(challenger, toChallenger);
        _credit(_workflows[workflow].requester, toRequester);
        emit Struck(
            operator,
            workflow,
            DisputeLib.taskOf(key),
            DisputeLib.attemptOf(key),
            challenger,
            slot,
            uint64(bond),
            uint64(toChallenger),
            uint64(toRequester),
            pot
        );
    }

    /// @dev The first strike of a task is in its retry record, which is written anyway; later ones have a word of their own.
    function _recordStrike(bytes32 key, uint256 money, uint64 pot) private {
        Workflow storage w = _workflows[DisputeLib.workflowOf(key)];
        uint256 task = DisputeLib.taskOf(key);
        uint16 attempt = DisputeLib.attemptOf(key);
        Retry retry = w.retries[task];
        if (_isVoid(key)) _fates[key].hasLeft = true;
        else {
            _giveBackPrice(w, task, money);
            retry = retry.opened(attempt);
        }
        if (retry.struckAttempt() == 0) retry = retry.struck(attempt, pot);
        else (_fates[key].isStruck, _fates[key].pot) = (true, pot);
        w.retries[task] = retry;
    }

    /// @dev Whether an attempt was struck, where that is recorded (in the retry record?), and what is left in its pot.
    function _strikeOf(bytes32 key) internal view returns (bool isStruck, bool isFirst, uint64 pot) {
        uint16 attempt = DisputeLib.attemptOf(key);
        Retry retry = _retryOf(key);
        isFirst = attempt != 0 && retry.struckAttempt() == attempt;
        if (isFirst) return (true, true, retry.pot());
        return (_fates[key].isStruck, false, _fates[key].pot);
    }

    /// @dev Returns a task's price to the escrow, and opens it to later attempts.
    function _reopenTask(bytes32 key, uint256 money) internal {
        Workflow storage w = _workflows[DisputeLib.workflowOf(key)];
        uint256 task = DisputeLib.taskOf(key);
        _giveBackPrice(w, task, money);
        w.retries[task] = w.retries[task].opened(DisputeLib.attemptOf(key));
    }

    function _giveBackPrice(Workflow storage w, uint256 task, uint256 money) private {
        uint256 word = task / TaskWordLib.TASKS;
        w.words[word] = w.words[word].giveBack(TicketLib.priceOf(money));
    }
}
