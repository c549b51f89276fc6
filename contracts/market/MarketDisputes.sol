// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {CommitmentOpening, IMarket, Leaf, Rule, StepTerms, TermsOpening, Ticket} from "../interfaces/IMarket.sol";
import {AssignmentLib} from "../libraries/AssignmentLib.sol";
import {BitsLib} from "../libraries/BitsLib.sol";
import {CommitmentLib} from "../libraries/CommitmentLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {RetryLib} from "../libraries/RetryLib.sol";
import {Slot, SlotLib} from "../libraries/SlotLib.sol";
import {StepsLib} from "../libraries/StepsLib.sol";
import {TaskWordLib} from "../libraries/TaskWordLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {VerifierCall} from "../libraries/VerifierCall.sol";
import {Workflow, WorkflowLib} from "../libraries/WorkflowLib.sol";
import {MarketEnds} from "./MarketEnds.sol";
import {MarketWorkflows} from "./MarketWorkflows.sol";

/// @title What a verifier decides: strikes, and the final proof
abstract contract MarketDisputes is MarketEnds, MarketWorkflows {
    using TicketLib for Ticket;

    /// @inheritdoc IMarket
    function challenge(
        address operator,
        uint256 slot,
        Ticket calldata ticket,
        TermsOpening calldata opening,
        CommitmentOpening calldata commitment,
        Leaf calldata leaf,
        bytes32[] calldata leafPath,
        bytes calldata statement,
        bytes calldata result
    ) external {
        Ticket memory t = ticket;
        _requireCommitted(operator, slot, t, commitment, leaf, result);
        if (_retries[t.workflow()][leaf.task].fences(leaf.attempt)) revert AlreadyStruck(leaf.task, leaf.attempt);
        _checkStatement(t, opening, leaf, leafPath, statement);
        address verifier = opening.terms.verifier;
        if (VerifierCall.ask(verifier, opening.terms.verifierGas, statement, result)) revert ResultValid(verifier);
        _strike(operator, slot, t, leaf.task);
    }

    /// @inheritdoc IMarket
    function submitFinal(
        uint256 slot,
        Ticket calldata ticket,
        TermsOpening calldata opening,
        Leaf calldata leaf,
        bytes32[] calldata leafPath,
        bytes calldata statement,
        bytes calldata result
    ) external {
        Ticket memory t = ticket;
        _requireLive(msg.sender, slot, t);
        if (t.window() != 0) revert FinalProofMissing(t.workflow());
        _checkStatement(t, opening, leaf, leafPath, statement);
        address verifier = opening.terms.verifier;
        if (!VerifierCall.ask(verifier, opening.terms.verifierGas, statement, result)) revert ResultInvalid(verifier);
        _acceptFinal(slot, t, leaf, verifier, sha256(result));
    }

    // ---------------------------------------------------------------- internal

    /// @dev Reverts unless the slot holds an unmatured batch that binds this result to this task.
    function _requireCommitted(
        address operator,
        uint256 slot,
        Ticket memory t,
        CommitmentOpening calldata opening,
        Leaf calldata leaf,
        bytes calldata result
    ) private view {
        Slot s = _slots[operator][slot];
        if (s.state() != SlotLib.COMMITTED) revert SlotState(slot, s.state(), SlotLib.COMMITTED);
        (bytes32 batch, bytes32 committed, bool consistent) = CommitmentLib.open(opening);
        if (!consistent || s.digest() != SlotLib.digestOf(t.hash(), batch)) revert DigestMismatch(slot);
        if (block.timestamp >= s.time()) revert Matured(s.time());

        uint192 bit = _bitOf(t, leaf.task);
        // The batch holds one commitment per task, by rising index.
        bool placed = bit != 0 && BitsLib.count(t.mask() & (bit - 1)) == opening.position;
        bytes32 expected = CommitmentLib.hash(t.workflow(), leaf.task, leaf.attempt, operator, t.root, sha256(result));
        if (!placed || expected != committed) revert CommitmentMismatch(expected, committed);
    }

    /// @dev Reverts unless the statement is the one that the coordinator signed for this task, under the step's own terms.
    function _checkStatement(
        Ticket memory t,
        TermsOpening calldata opening,
        Leaf calldata leaf,
        bytes32[] calldata leafPath,
        bytes calldata statement
    ) private view {
        if (!StepsLib.isUnder(opening, t.step(), _workflows[t.workflow()].stepsRoot))
            revert StepsMismatch(t.workflow(), t.step());
        if (opening.terms.rule != Rule.Verifier) revert RuleMismatch(opening.terms.rule, Rule.Verifier);
        if (
            leaf.attempt != t.attempt() ||
            _bitOf(t, leaf.task) == 0 ||
            !MerkleProof.verifyCalldata(leafPath, t.root, AssignmentLib.leafHash(leaf))
        ) revert LeafMismatch(leaf.task, leaf.attempt);
        bytes32 digest = sha256(statement);
        if (digest != leaf.statementDigest) revert StatementMismatch(digest, leaf.statementDigest);
    }

    /// @dev A task's bit in the ticket's mask, or zero.
    function _bitOf(Ticket memory t, uint256 task) private pure returns (uint192) {
        if (task / TaskWordLib.TASKS != t.word()) return 0;
        return uint192(1 << (task % TaskWordLib.TASKS)) & t.mask();
    }

    /// @dev Takes one task out of its batch: the bond is shared out, the price returns to the escrow, the task opens again.
    function _strike(address operator, uint256 slot, Ticket memory t, uint32 task) private {
        (uint48 workflow, uint256 bond) = (t.workflow(), t.bond());
        uint256 toChallenger = (bond * Limits.STRIKE_CHALLENGER_BPS) / Limits.BPS;
        uint256 toRequester = (bond * Limits.STRIKE_REQUESTER_BPS) / Limits.BPS;

        _slots[operator][slot] = _slots[operator][slot].addStrike();
        _retries[workflow][task] = RetryLib.opened(t.attempt());
        _taskWords[workflow][t.word()] = _taskWords[workflow][t.word()].giveBack(t.price());
        address requester = _workflows[workflow].requester;
        _accounts[operator] = _accounts[operator].unlock(0, bond); // one after another: they may be one account
        _accounts[msg.sender] = _accounts[msg.sender].addOwed(toChallenger);
        _accounts[requester] = _accounts[requester].addOwed(toRequester);
        emit Struck(
            operator,
            workflow,
            task,
            t.attempt(),
            msg.sender,
            slot,
            uint64(bond),
            uint64(toChallenger),
            uint64(toRequester),
            uint64(bond - toChallenger - toRequester)
        );
    }

    /// @dev Pays the final task at once and completes the workflow; a cancelled one stays cancelled, but has its proof.
    function _acceptFinal(
        uint256 slot,
        Ticket memory t,
        Leaf calldata leaf,
        address verifier,
        bytes32 resultDigest
    ) private {
        uint48 workflow = t.workflow();
        Workflow storage w = _workflows[workflow];
        _slots[msg.sender][slot] = SlotLib.FREED;
        _accounts[msg.sender] = _accounts[msg.sender].unlock(t.bond(), 0).addOwed(t.price());
        w.completion = keccak256(abi.encode(verifier, leaf.statementDigest));
        emit FinalAccepted(
            msg.sender,
            workflow,
            leaf.task,
            slot,
            leaf.statementDigest,
            resultDigest,
            t.price(),
            t.bond()
        );
        if (w.head.status() == WorkflowLib.OPEN) {
            _end(workflow, w, WorkflowLib.COMPLETED);
            emit WorkflowCompleted(workflow, verifier, leaf.statementDigest);
        }
    }
}
