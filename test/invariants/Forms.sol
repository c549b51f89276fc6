// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    BatchOpening,
    CommitmentOpening,
    JudgeTerms,
    Leaf,
    LeafOpening,
    StepTerms,
    Ticket
} from "../../contracts/interfaces/MarketTypes.sol";
import {Input, InputsOpening} from "../../contracts/libraries/InputsLib.sol";
import {DiceLib} from "./Dice.sol";
import {Trees} from "./Trees.sol";
import {Claim, Phase, Wish} from "./Types.sol";

/// @title What claims, tasks and steps look like to the market: tickets, leaves, commitments, roots, and what is signed
/// @notice Written from the interface's words, not from the libraries that it tests.
library Forms {
    uint256 internal constant WORD = 192;
    uint256 private constant CHUNK = 16;

    // ---------------------------------------------------------------- what is proved

    function statementOf(uint48 workflow, uint256 task) internal pure returns (bytes memory) {
        return abi.encode(workflow, task);
    }

    /// @notice What the operator commits for a task: in three of four cases the statement, which is the right answer.
    function resultOf(Claim memory c, uint256 task) internal pure returns (bytes memory) {
        bytes32 chance = keccak256(abi.encode(c.salt, task));
        return uint256(chance) % 4 == 0 ? abi.encode(chance) : statementOf(c.workflow, task);
    }

    function taskOf(Claim memory c, uint256 bit) internal pure returns (uint256) {
        return c.word * WORD + bit;
    }

    // ---------------------------------------------------------------- names

    function keyOf(uint48 workflow, uint256 task, uint256 attempt) internal pure returns (bytes32) {
        return bytes32(bytes.concat(bytes20(0), bytes6(workflow), bytes4(uint32(task)), bytes2(uint16(attempt))));
    }

    function keyOf(Claim memory c, uint256 bit) internal pure returns (bytes32) {
        return keyOf(c.workflow, taskOf(c, bit), c.attempt);
    }

    /// @return how an input names the attempt whose result it is
    function sourceOf(uint256 task, uint256 attempt) internal pure returns (uint64) {
        return uint64(bytes8(abi.encodePacked(uint16(1), uint32(task), uint16(attempt))));
    }

    /// @return the dispute key of an input's source
    function sourceKey(uint48 workflow, uint64 source) internal pure returns (bytes32) {
        return keyOf(workflow, uint32(source >> 16), uint16(source));
    }

    // ---------------------------------------------------------------- steps

    function judgeHash(JudgeTerms memory judge) internal pure returns (bytes32) {
        return keccak256(abi.encode(judge));
    }

    /// @dev ceiling 56 | bond 56 | firstTask 24 | maxTasks 24 | claimTime 24 | window 24 | rule 8 | isFinal 8 | step 8 | 24 zeros.
    function core(StepTerms memory s, uint256 step) internal pure returns (bytes32) {
        bytes memory money = abi.encodePacked(uint56(s.ceiling), uint56(s.bond));
        bytes memory tasks = abi.encodePacked(uint24(s.firstTask), uint24(s.maxTasks));
        bytes memory times = abi.encodePacked(uint24(s.claimTime), uint24(s.window));
        bytes memory kinds = abi.encodePacked(uint8(s.rule), s.isFinal, uint8(step), uint24(0));
        return bytes32(bytes.concat(money, tasks, times, kinds));
    }

    function openStep(StepTerms[] memory steps, uint256 step) internal pure returns (bytes32 root, bytes32[] memory) {
        bytes32[] memory leaves = new bytes32[](steps.length);
        for (uint256 i = 0; i < leaves.length; ++i)
            leaves[i] = keccak256(bytes.concat(keccak256(bytes.concat(core(steps[i], i), judgeHash(steps[i].judge)))));
        return Trees.open(leaves, step);
    }

    function stepsRoot(StepTerms[] memory steps) internal pure returns (bytes32 root) {
        (root, ) = openStep(steps, 0);
    }

    function termsDigest(address coordinator, bytes32 root) internal pure returns (uint200) {
        return uint200(uint256(keccak256(abi.encode(coordinator, root))));
    }

    // ---------------------------------------------------------------- tickets

    /// @dev money: workflow 48 | price 56 | bond 56 | window 24 | rule 8 | count 8 | open 8 | 48 zeros;
    /// scope: 24 zeros | word 16 | step 8 | attempt 16 | mask 192; bound: root and judge.
    function ticketOf(Claim memory c) internal pure returns (Ticket memory) {
        bytes memory amounts = abi.encodePacked(c.workflow, uint56(c.price), uint56(c.bond), uint24(c.window));
        bytes memory kinds = abi.encodePacked(uint8(c.rule), uint8(DiceLib.count(c.mask)), c.isOpen, uint48(0));
        bytes32 scope = bytes32(abi.encodePacked(uint24(0), c.word, c.step, c.attempt, c.mask));
        bytes32 money = bytes32(bytes.concat(amounts, kinds));
        return Ticket(uint256(money), uint256(scope), keccak256(bytes.concat(c.root, c.judgeHash)));
    }

    function restOf(Ticket memory t) internal pure returns (bytes32) {
        return keccak256(abi.encode(t.scope, t.bound));
    }

    function ticketHash(Claim memory c) internal pure returns (bytes32) {
        Ticket memory t = ticketOf(c);
        return keccak256(abi.encode(t.money, restOf(t)));
    }

    /// @return the low 200 bits of what a slot's claim or batch hashes to
    function slotDigest(address market, Claim memory c) internal view returns (uint200) {
        if (c.phase == Phase.Claimed) return uint200(uint256(ticketHash(c)));
        Ticket memory t = ticketOf(c);
        bytes32 batch = keccak256(abi.encode(restOf(t), commitmentsRoot(market, c)));
        return uint200(uint256(keccak256(abi.encode(t.money, batch))));
    }

    // ---------------------------------------------------------------- leaves

    function inputsOf(Claim memory c, uint256 task) internal pure returns (InputsOpening memory opening) {
        opening.program = bytes32(c.leafSalt);
        opening.params = keccak256(abi.encode(c.leafSalt, task));
        opening.inputs = new Input[](2);
        opening.inputs[0] = Input(bytes32(uint256(1)), bytes32(task), 0);
        opening.inputs[1] = Input(bytes32(uint256(2)), bytes32(c.leafSalt), c.source);
    }

    /// @notice Root over an assignment's leaves.
    function leavesRoot(Claim memory c) internal pure returns (bytes32) {
        return Trees.rootOf(_leafHashes(c));
    }

    function openLeaf(Claim memory c, uint256 bit) internal pure returns (LeafOpening memory opening) {
        opening.leaf = _leaf(c, bit);
        uint256 index = DiceLib.count(c.offered & uint192((1 << bit) - 1));
        bytes32[] memory leaves = _leafHashes(c);
        (, opening.path) = Trees.open(leaves, index < leaves.length ? index : 0);
    }

    function _leaf(Claim memory c, uint256 bit) private pure returns (Leaf memory) {
        uint256 task = taskOf(c, bit);
        InputsOpening memory inputs = inputsOf(c, task);
        bytes32 digest = keccak256(abi.encode(inputs.program, inputs.params, inputs.inputs));
        uint16 attempt = c.isOpen ? 0 : c.attempt;
        return Leaf(uint32(task), attempt, digest, sha256(statementOf(c.workflow, task)), bytes32(c.leafSalt));
    }

    function _leafHashes(Claim memory c) private pure returns (bytes32[] memory leaves) {
        uint256[] memory bits = DiceLib.positions(c.offered);
        leaves = new bytes32[](bits.length);
        for (uint256 i = 0; i < bits.length; ++i)
            leaves[i] = keccak256(bytes.concat(keccak256(abi.encode(_leaf(c, bits[i])))));
    }

    // ---------------------------------------------------------------- commitments

    /// @notice Root over the commitments of a claim's tasks, hashed in chunks of 16.
    function commitmentsRoot(address market, Claim memory c) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(_chunkHashes(commitmentsOf(market, c))));
    }

    function commitmentsOf(address market, Claim memory c) internal view returns (bytes32[] memory commitments) {
        uint256[] memory bits = DiceLib.positions(c.mask);
        commitments = new bytes32[](bits.length);
        for (uint256 i = 0; i < bits.length; ++i)
            commitments[i] = commitment(market, c, bits[i], sha256(resultOf(c, taskOf(c, bits[i]))));
    }

    /// @param result digest of the task's
    function commitment(address market, Claim memory c, uint256 bit, bytes32 result) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "Commitment(uint256 chainId,address market,uint48 workflow,uint32 task,uint16 attempt,address operator,bytes32 root,bytes32 resultDigest)"
        );
        bytes memory place = abi.encode(typehash, block.chainid, market, c.workflow, taskOf(c, bit));
        return keccak256(bytes.concat(place, abi.encode(c.attempt, c.operator, c.root, result)));
    }

    function openBatch(address market, Claim memory c, uint256 bit) internal view returns (BatchOpening memory) {
        bytes32[] memory all = commitmentsOf(market, c);
        uint256 position = DiceLib.count(c.mask & uint192((1 << bit) - 1));
        CommitmentOpening memory opening = CommitmentOpening(
            position,
            _chunk(all, position / CHUNK),
            _chunkHashes(all)
        );
        return BatchOpening(c.operator, c.slot, ticketOf(c), c.root, opening);
    }

    function _chunkHashes(bytes32[] memory all) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[]((all.length + CHUNK - 1) / CHUNK);
        for (uint256 i = 0; i < hashes.length; ++i) hashes[i] = keccak256(abi.encodePacked(_chunk(all, i)));
    }

    function _chunk(bytes32[] memory all, uint256 index) private pure returns (bytes32[] memory chunk) {
        uint256 from = index * CHUNK;
        uint256 left = all.length > from ? all.length - from : 0;
        chunk = new bytes32[](left < CHUNK ? left : CHUNK);
        for (uint256 i = 0; i < chunk.length; ++i) chunk[i] = all[from + i];
    }

    // ---------------------------------------------------------------- what is signed (EIP-712)

    function domainOf(address market) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("Froben"),
                    keccak256("1"),
                    block.chainid,
                    market
                )
            );
    }

    function offerDigest(bytes32 domain, Wish memory wish) internal pure returns (bytes32) {
        Claim memory c = wish.claim;
        bytes32 typehash = keccak256(
            "Assignment(uint48 workflow,uint8 step,address operator,uint16 attempt,uint16 word,uint192 mask,uint64 price,uint40 claimBy,bytes32 root)"
        );
        bytes memory head = abi.encode(typehash, c.workflow, c.step, c.operator, c.attempt, c.word, c.offered);
        return _digest(domain, keccak256(bytes.concat(head, abi.encode(c.price, wish.claimBy, c.root))));
    }

    /// @param c the claim, or the part of it, that is committed
    function acceptanceDigest(bytes32 domain, address market, Claim memory c) internal view returns (bytes32) {
        bytes32 typehash = keccak256("Acceptance(address operator,bytes32 ticket,bytes32 commitmentsRoot)");
        return _digest(domain, keccak256(abi.encode(typehash, c.operator, ticketHash(c), commitmentsRoot(market, c))));
    }

    /// @param c the claim, or the part of it, that is released
    function releaseDigest(bytes32 domain, Claim memory c) internal pure returns (bytes32) {
        bytes32 typehash = keccak256("Release(address operator,bytes32 ticket)");
        return _digest(domain, keccak256(abi.encode(typehash, c.operator, ticketHash(c))));
    }

    /// @param root over the commitments to the results that are signed for
    function receiptsDigest(bytes32 domain, bytes32 root) internal pure returns (bytes32) {
        return _digest(domain, keccak256(abi.encode(keccak256("Receipts(bytes32 root)"), root)));
    }

    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
