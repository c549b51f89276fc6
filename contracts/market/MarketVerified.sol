// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketVerified} from "../interfaces/parts/IMarketVerified.sol";
import {BatchOpening, JudgeTerms, LeafOpening, Ticket} from "../interfaces/MarketTypes.sol";
import {SlotLib} from "../libraries/SlotLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {VerifierCall} from "../libraries/VerifierCall.sol";
import {Workflow, WorkflowLib} from "../libraries/WorkflowLib.sol";
import {MarketClaims} from "./MarketClaims.sol";
import {MarketEvidence} from "./MarketEvidence.sol";

/// @title What a verifier decides: strikes, and the final proof
abstract contract MarketVerified is IMarketVerified, MarketEvidence, MarketClaims {
    using TicketLib for Ticket;

    /// @inheritdoc IMarketVerified
    function challenge(
        BatchOpening calldata batch,
        JudgeTerms calldata judge,
        LeafOpening calldata leaf,
        bytes calldata statement,
        bytes calldata result
    ) external {
        Ticket memory t = batch.ticket;
        uint32 task = leaf.leaf.task;
        bytes32 committed = _openBatch(batch, t, task);
        _requireResult(batch, t, task, sha256(result), committed);
        _requireStatement(t, batch.root, judge, leaf, statement);
        if (VerifierCall.ask(judge.verifier, judge.verifierGas, statement, result)) revert ResultValid(judge.verifier);
        _strikeBatch(batch.operator, batch.slot, t, task, msg.sender);
    }

    /// @inheritdoc IMarketVerified
    function submitFinal(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        bytes32 root,
        JudgeTerms calldata judge,
        LeafOpening calldata leaf,
        bytes calldata statement,
        bytes calldata result
    ) external {
        _requireActsFor(operator);
        Ticket memory t = ticket;
        _requireLive(_slots[operator][slot], slot, t.hash());
        if (t.window() != 0) revert FinalProofMissing(t.workflow());
        _requireStatement(t, root, judge, leaf, statement);
        if (!VerifierCall.ask(judge.verifier, judge.verifierGas, statement, result))
            revert ResultInvalid(judge.verifier);
        _acceptFinal(operator, slot, t, leaf, judge.verifier, sha256(result));
    }

    // ---------------------------------------------------------------- internal

    /// @dev Pays the final task at once and completes the workflow; a cancelled one stays cancelled, but has its proof.
    function _acceptFinal(
        address operator,
        uint16 slot,
        Ticket memory t,
        LeafOpening calldata leaf,
        address verifier,
        bytes32 resultDigest
    ) private {
        uint48 workflow = t.workflow();
        bytes32 statementDigest = leaf.leaf.statementDigest;
        Workflow storage w = _workflows[workflow];
        _slots[operator][slot] = SlotLib.FREED;
        _accounts[operator] = _accounts[operator].unlock(t.bond(), 0).addOwed(t.price());
        w.completion = keccak256(abi.encode(verifier, statementDigest));
        emit FinalAccepted(
            operator,
            workflow,
            leaf.leaf.task,
            slot,
            statementDigest,
            resultDigest,
            t.price(),
            t.bond()
        );
        if (w.head.status() == WorkflowLib.OPEN) {
            _end(workflow, w, WorkflowLib.COMPLETED);
            emit WorkflowCompleted(workflow, verifier, statementDigest);
        }
    }
}
