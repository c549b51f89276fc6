// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketDemands} from "../../contracts/interfaces/parts/IMarketDemands.sol";
import {IMarketDisputes} from "../../contracts/interfaces/parts/IMarketDisputes.sol";
import {IMarketEquivocation} from "../../contracts/interfaces/parts/IMarketEquivocation.sol";
import {IMarketJury} from "../../contracts/interfaces/parts/IMarketJury.sol";
import {IMarketVerified} from "../../contracts/interfaces/parts/IMarketVerified.sol";
import {IMarketVoid} from "../../contracts/interfaces/parts/IMarketVoid.sol";
import {JudgeTerms, Receipt, StepTerms} from "../../contracts/interfaces/MarketTypes.sol";
import {Verdict} from "../../contracts/libraries/DisputeLib.sol";
import {Forms} from "./Forms.sol";
import {Case, Claim} from "./Types.sol";

/// @title How results are disputed: strikes, void results, demands, receipts, juries
library DisputeCalls {
    // ---------------------------------------------------------------- verifiers

    /// @param bit the challenged task's bit in its word
    function challenge(
        address market,
        Claim memory c,
        JudgeTerms memory judge,
        uint256 bit,
        bytes memory statement,
        bytes memory result
    ) internal view returns (bytes memory) {
        return
            abi.encodeCall(
                IMarketVerified.challenge,
                (Forms.openBatch(market, c, bit), judge, Forms.openLeaf(c, bit), statement, result)
            );
    }

    function challengeDisputed(
        Claim memory c,
        JudgeTerms memory judge,
        uint256 bit,
        bytes memory statement,
        bytes memory result
    ) internal pure returns (bytes memory) {
        return
            abi.encodeCall(
                IMarketDisputes.challengeDisputed,
                (Forms.keyOf(c, bit), c.root, judge, Forms.openLeaf(c, bit), statement, result)
            );
    }

    // ---------------------------------------------------------------- void results

    /// @param shown the claim as whose inputs the opening shows
    function voidResult(
        address market,
        Claim memory c,
        Claim memory shown,
        uint256 bit,
        uint256 index
    ) internal view returns (bytes memory) {
        return
            abi.encodeCall(
                IMarketVoid.voidResult,
                (
                    Forms.openBatch(market, c, bit),
                    c.judgeHash,
                    Forms.openLeaf(c, bit),
                    Forms.inputsOf(shown, Forms.taskOf(c, bit)),
                    index
                )
            );
    }

    function voidDisputed(
        Claim memory c,
        Claim memory shown,
        uint256 bit,
        uint256 index
    ) internal pure returns (bytes memory) {
        return
            abi.encodeCall(
                IMarketVoid.voidDisputed,
                (
                    Forms.keyOf(c, bit),
                    c.root,
                    c.judgeHash,
                    Forms.openLeaf(c, bit),
                    Forms.inputsOf(shown, Forms.taskOf(c, bit)),
                    index
                )
            );
    }

    // ---------------------------------------------------------------- demands

    function demand(
        address market,
        Claim memory c,
        JudgeTerms memory judge,
        uint256 bit
    ) internal view returns (bytes memory) {
        return
            abi.encodeCall(
                IMarketDemands.demand,
                (Forms.openBatch(market, c, bit), judge, uint32(Forms.taskOf(c, bit)))
            );
    }

    function demandDisputed(bytes32 key, bytes32 root, JudgeTerms memory judge) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketDemands.demandDisputed, (key, root, judge));
    }

    function reveal(bytes32 key, bytes32 root, bytes memory result) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketDemands.reveal, (key, root, result));
    }

    function closeDemand(bytes32 key) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketDemands.closeDemand, (key));
    }

    // ---------------------------------------------------------------- receipts

    function strikeReceipt(
        address market,
        Claim memory c,
        uint256 bit,
        Receipt memory receipt
    ) internal view returns (bytes memory) {
        return
            abi.encodeCall(
                IMarketEquivocation.strikeReceipt,
                (Forms.openBatch(market, c, bit), c.judgeHash, uint32(Forms.taskOf(c, bit)), receipt)
            );
    }

    function strikeReceiptDisputed(
        Claim memory c,
        uint256 bit,
        Receipt memory receipt
    ) internal pure returns (bytes memory) {
        return
            abi.encodeCall(
                IMarketEquivocation.strikeReceiptDisputed,
                (Forms.keyOf(c, bit), c.root, c.judgeHash, receipt)
            );
    }

    function strikeReceipts(
        Claim memory c,
        uint256 bit,
        Receipt memory one,
        Receipt memory other
    ) internal pure returns (bytes memory) {
        uint32 task = uint32(Forms.taskOf(c, bit));
        return
            abi.encodeCall(
                IMarketEquivocation.strikeReceipts,
                (c.operator, c.slot, Forms.ticketOf(c), c.root, c.judgeHash, task, one, other)
            );
    }

    // ---------------------------------------------------------------- juries

    function takeSeats(bytes32 checkProgram, uint32 count) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketJury.takeSeats, (checkProgram, count));
    }

    function leaveSeat(bytes32 checkProgram, uint256 seat) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketJury.leaveSeat, (checkProgram, seat));
    }

    function callJury(
        address market,
        Claim memory c,
        JudgeTerms memory judge,
        uint256 bit
    ) internal view returns (bytes memory) {
        return
            abi.encodeCall(
                IMarketJury.callJury,
                (Forms.openBatch(market, c, bit), judge, uint32(Forms.taskOf(c, bit)))
            );
    }

    function callJuryDisputed(bytes32 key, bytes32 root, JudgeTerms memory judge) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketJury.callJuryDisputed, (key, root, judge));
    }

    function appeal(Claim memory c, JudgeTerms memory judge, uint256 bit) internal pure returns (bytes memory) {
        uint32 task = uint32(Forms.taskOf(c, bit));
        bytes32 result = sha256(Forms.resultOf(c, task));
        return abi.encodeCall(IMarketJury.appeal, (c.operator, c.slot, Forms.ticketOf(c), c.root, judge, task, result));
    }

    function draw(bytes32 key) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketJury.draw, (key));
    }

    function saltOf(bytes32 key, address juror) internal pure returns (bytes32) {
        return keccak256(abi.encode(juror, key));
    }

    function vote(bytes32 key, address juror, uint8 verdict) internal pure returns (bytes memory) {
        bytes32 sealedVote = keccak256(abi.encode(key, juror, verdict, saltOf(key, juror)));
        return abi.encodeCall(IMarketJury.vote, (key, sealedVote));
    }

    function openVote(bytes32 key, address juror, uint8 verdict) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketJury.openVote, (key, Verdict(verdict), saltOf(key, juror)));
    }

    function closeCase(bytes32 key) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketJury.closeCase, (key));
    }
}
