// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketEnds} from "../../contracts/interfaces/parts/IMarketEnds.sol";
import {IMarketMoney} from "../../contracts/interfaces/parts/IMarketMoney.sol";
import {IMarketSilence} from "../../contracts/interfaces/parts/IMarketSilence.sol";
import {IMarketStake} from "../../contracts/interfaces/parts/IMarketStake.sol";
import {IMarketVerified} from "../../contracts/interfaces/parts/IMarketVerified.sol";
import {IMarketWork} from "../../contracts/interfaces/parts/IMarketWork.sol";
import {IMarketWorkflows} from "../../contracts/interfaces/parts/IMarketWorkflows.sol";
import {LeafOpening, Rule, StepTerms, Ticket, WorkflowTerms} from "../../contracts/interfaces/MarketTypes.sol";
import {DiceLib} from "./Dice.sol";
import {Forms} from "./Forms.sol";
import {Claim, Commit, Flow, Wish} from "./Types.sol";

/// @title How the market is called: money, workflows, work, silence
library MarketCalls {
    // ---------------------------------------------------------------- money

    function deposit(address operator, uint64 amount) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketStake.deposit, (operator, amount));
    }

    function startUnbonding(uint64 amount) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketStake.startUnbonding, (amount));
    }

    function withdrawStake(address to) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketStake.withdrawStake, (to));
    }

    function withdrawOwed(address to) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketStake.withdrawOwed, (to));
    }

    function setDelegate(address delegate) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketStake.setDelegate, (delegate));
    }

    /// @notice The same call behind a permit that is worth nothing.
    function withPermit(bytes memory call) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketMoney.permitAndCall, (1, type(uint256).max, 27, 0, 0, call));
    }

    // ---------------------------------------------------------------- workflows

    function openWorkflow(
        WorkflowTerms memory terms,
        StepTerms[] memory steps,
        uint64 escrow
    ) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketWorkflows.openWorkflow, (terms, steps, escrow));
    }

    function topUp(uint48 workflow, uint64 amount) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketWorkflows.topUp, (workflow, amount));
    }

    function extendDeadline(uint48 workflow, uint40 deadline) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketWorkflows.extendDeadline, (workflow, deadline));
    }

    function replaceCoordinator(
        uint48 workflow,
        address coordinator,
        bytes32 stepsRoot
    ) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketWorkflows.replaceCoordinator, (workflow, coordinator, stepsRoot));
    }

    function cancel(uint48 workflow) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketWorkflows.cancel, (workflow));
    }

    function finish(uint48 workflow) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketWorkflows.finish, (workflow));
    }

    function refund(uint48 workflow) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketWorkflows.refund, (workflow));
    }

    function payFee(uint48 workflow) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketWorkflows.payFee, (workflow));
    }

    // ---------------------------------------------------------------- work

    /// @param operator for advanceFor; zero: `advance`
    function advance(
        address market,
        address operator,
        Claim[] memory settles,
        Commit[] memory commits,
        Wish[] memory wishes
    ) internal view returns (bytes memory) {
        bytes memory facts = abi.encodePacked(uint8(settles.length), uint8(commits.length), uint8(wishes.length));
        bytes memory evidence;
        for (uint256 i = 0; i < settles.length; ++i) {
            facts = bytes.concat(facts, bytes2(settles[i].slot));
            evidence = bytes.concat(evidence, _settleEvidence(market, settles[i]));
        }
        for (uint256 i = 0; i < commits.length; ++i) {
            facts = bytes.concat(facts, _commitFacts(market, commits[i]));
            evidence = bytes.concat(evidence, _commitEvidence(commits[i]));
        }
        for (uint256 i = 0; i < wishes.length; ++i) {
            facts = bytes.concat(facts, _claimFacts(wishes[i]));
            evidence = bytes.concat(evidence, _claimEvidence(wishes[i]));
        }
        bytes memory operations = bytes.concat(bytes2(uint16(facts.length)), facts, evidence);
        return
            operator == address(0)
                ? abi.encodeCall(IMarketWork.advance, (operations))
                : abi.encodeCall(IMarketWork.advanceFor, (operator, operations));
    }

    function submitFinal(
        Claim memory c,
        StepTerms memory step,
        bytes memory result
    ) internal pure returns (bytes memory) {
        LeafOpening memory leaf = Forms.openLeaf(c, DiceLib.positions(c.mask)[0]);
        bytes memory statement = Forms.statementOf(c.workflow, leaf.leaf.task);
        return
            abi.encodeCall(
                IMarketVerified.submitFinal,
                (c.operator, c.slot, Forms.ticketOf(c), c.root, step.judge, leaf, statement, result)
            );
    }

    function release(Claim memory c, uint192 part, bytes memory signature) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketEnds.release, (c.operator, c.slot, Forms.ticketOf(c), part, signature));
    }

    function concede(Claim memory c, uint192 part, uint256 commitments) internal pure returns (bytes memory) {
        bytes32[] memory logged = new bytes32[](commitments);
        return abi.encodeCall(IMarketEnds.concede, (c.operator, c.slot, Forms.ticketOf(c), part, logged));
    }

    function expire(Claim memory c) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketEnds.expire, (c.operator, c.slot, Forms.ticketOf(c)));
    }

    // ---------------------------------------------------------------- silence

    function declareSilent(uint48 workflow) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketSilence.declareSilent, (workflow));
    }

    function answerSilence(uint48 workflow) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketSilence.answerSilence, (workflow));
    }

    function endSilence(uint48 workflow) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketSilence.endSilence, (workflow));
    }

    /// @param bits the tasks', in the order of the call
    function claimOpen(
        Claim memory c,
        StepTerms[] memory steps,
        uint256[] memory bits
    ) internal pure returns (bytes memory) {
        LeafOpening[] memory leaves = new LeafOpening[](bits.length);
        for (uint256 i = 0; i < bits.length; ++i) leaves[i] = Forms.openLeaf(c, bits[i]);
        (, bytes32[] memory path) = Forms.openStep(steps, c.step);
        return
            abi.encodeCall(
                IMarketSilence.claimOpen,
                (c.operator, c.slot, c.workflow, c.step, steps[c.step], path, c.attempt, leaves)
            );
    }

    // ---------------------------------------------------------------- internal

    function _settleEvidence(address market, Claim memory c) private view returns (bytes memory) {
        Ticket memory t = Forms.ticketOf(c);
        return abi.encode(t.money, keccak256(abi.encode(Forms.restOf(t), Forms.commitmentsRoot(market, c))));
    }

    function _commitFacts(address market, Commit memory call) private view returns (bytes memory) {
        Claim memory c = call.claim;
        uint192 whole = c.mask;
        if (call.part != 0) c.mask = call.part;
        bytes32[] memory all = Forms.commitmentsOf(market, c);
        c.mask = whole;
        bytes32[] memory sent = new bytes32[](call.oneShort ? all.length - 1 : all.length);
        for (uint256 i = 0; i < sent.length; ++i) sent[i] = all[i];
        bytes memory head = abi.encodePacked(c.slot, uint8(sent.length), uint8(call.part == 0 ? 0 : 1));
        if (call.part != 0) head = abi.encodePacked(head, call.partSlot, call.part);
        return abi.encodePacked(head, sent);
    }

    function _commitEvidence(Commit memory call) private pure returns (bytes memory evidence) {
        Ticket memory t = Forms.ticketOf(call.claim);
        evidence = call.part == 0 ? abi.encode(t.money, Forms.restOf(t)) : abi.encode(t);
        if (call.claim.rule == Rule.Accepted)
            evidence = abi.encodePacked(evidence, uint16(call.acceptance.length), call.acceptance);
    }

    function _claimFacts(Wish memory wish) private pure returns (bytes memory facts) {
        Claim memory c = wish.claim;
        facts = abi.encodePacked(c.slot, c.workflow, c.attempt, c.word, c.offered, uint56(c.price), wish.claimBy);
        bool isWhole = c.mask == c.offered;
        facts = abi.encodePacked(facts, c.root, uint8(isWhole ? 0 : 1));
        if (!isWhole) facts = abi.encodePacked(facts, c.mask);
        StepTerms memory step = wish.steps[c.step];
        return abi.encodePacked(facts, Forms.core(step, c.step), Forms.judgeHash(step.judge));
    }

    function _claimEvidence(Wish memory wish) private pure returns (bytes memory evidence) {
        (, bytes32[] memory path) = Forms.openStep(wish.steps, wish.claim.step);
        evidence = abi.encodePacked(uint8(path.length), path, uint16(wish.signature.length), wish.signature);
        evidence = abi.encodePacked(evidence, uint8(wish.over.length));
        for (uint256 i = 0; i < wish.over.length; ++i) {
            Claim memory old = wish.over[i];
            evidence = abi.encodePacked(evidence, old.operator, old.slot, abi.encode(Forms.ticketOf(old)));
        }
    }
}
