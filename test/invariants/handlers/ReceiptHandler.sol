// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Receipt} from "../../../contracts/interfaces/MarketTypes.sol";
import {Phase as CasePhase} from "../../../contracts/libraries/DisputeLib.sol";
import {Dice} from "../Dice.sol";
import {DisputeCalls} from "../DisputeCalls.sol";
import {Forms} from "../Forms.sol";
import {Trees} from "../Trees.sol";
import {Case, Claim, Want} from "../Types.sol";
import {vm} from "../Vm.sol";
import {DemandHandler} from "./DemandHandler.sol";

/// @title Operators, their delegates and former delegates sign two results for one attempt, or one
abstract contract ReceiptHandler is DemandHandler {
    function strikeReceipt(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Contestable);
        if (id == 0 || d.oneIn(2)) return;
        Claim memory c = claims[id];
        uint256 bit = _pickAnyBit(d, c);
        bool differs = !d.oneIn(10);
        (Receipt memory receipt, bool legal) = _receipt(d, c, bit, differs);
        if (!differs || !_isContestable(id, bit)) legal = false;
        if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        address by = _anyone(d);
        bytes memory data = DisputeCalls.strikeReceipt(address(MARKET), c, bit, receipt);
        if (_act("strikeReceipt", by, data, legal)) _strikeBatch(id, bit, by);
    }

    function strikeReceiptDisputed(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 caseId = _pickCase(d, CasePhase.None);
        if (caseId == 0 || !d.oneIn(3)) return;
        Case storage k = cases[caseId];
        Claim memory c = claims[k.holder];
        bool differs = !d.oneIn(10);
        (Receipt memory receipt, bool legal) = _receipt(d, c, k.bit, differs);
        if (!differs || !_isOpenCase(caseId)) legal = false;
        if (d.oneIn(20)) (c.judgeHash, legal) = (keccak256(abi.encode(c.judgeHash)), false);
        address by = _anyone(d);
        bytes memory data = DisputeCalls.strikeReceiptDisputed(c, k.bit, receipt);
        if (_act("strikeReceiptDisputed", by, data, legal)) _strikeByEvidence(caseId, by);
    }

    /// @notice Two receipts that differ strike a task before it is committed.
    function strikeReceipts(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Uncommitted);
        if (id == 0 || !d.oneIn(3)) return;
        Claim memory c = claims[id];
        uint256 bit = _pickAnyBit(d, c);
        (Receipt memory one, bool oneIsRight) = _receipt(d, c, bit, true);
        (Receipt memory other, bool otherIsRight) = _receipt(d, c, bit, d.oneIn(2));
        if (d.oneIn(20)) (other, otherIsRight) = (one, oneIsRight);
        bool legal = oneIsRight && otherIsRight && one.resultDigest != other.resultDigest;
        if (!_is(id, Want.Uncommitted)) legal = false;
        if ((c.mask >> bit) & 1 == 0) legal = false;
        if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        address by = _anyone(d);
        if (!_act("strikeReceipts", by, DisputeCalls.strikeReceipts(c, bit, one, other), legal)) return;
        _strike(id, bit, by);
        _takeOut(id, uint192(1 << bit));
    }

    // ---------------------------------------------------------------- internal

    /// @param differs whether it is of another result than the committed one
    /// @return receipt signed by the operator, its delegate or a former one, alone or with up to seven other words; now and then by
    /// somebody else, or spoiled
    /// @return isReceipt whether it is the operator's word
    function _receipt(
        Dice memory d,
        Claim memory c,
        uint256 bit,
        bool differs
    ) private view returns (Receipt memory receipt, bool isReceipt) {
        address signer = _receiptSigner(d, c.operator);
        receipt.resultDigest = sha256(Forms.resultOf(c, Forms.taskOf(c, bit)));
        if (differs) receipt.resultDigest = keccak256(abi.encode(d.roll(type(uint256).max)));
        bytes32[] memory leaves = new bytes32[](d.between(1, 8));
        for (uint256 i = 0; i < leaves.length; ++i) leaves[i] = bytes32(d.roll(type(uint256).max));
        uint256 position = d.roll(leaves.length);
        leaves[position] = Forms.commitment(address(MARKET), c, bit, receipt.resultDigest);
        bytes32 root;
        (root, receipt.path) = Trees.open(leaves, position);
        receipt.signature = _sign(signer, Forms.receiptsDigest(DOMAIN, root));
        isReceipt = _mayReceipt(c.operator, signer);
        if (d.oneIn(20)) isReceipt = !_spoil(d, receipt) && isReceipt;
    }

    /// @return whether anything was changed
    function _spoil(Dice memory d, Receipt memory receipt) private pure returns (bool) {
        uint256 depth = receipt.path.length;
        if (d.oneIn(2)) receipt.signature[d.roll(64)] ^= 0x01;
        else if (depth == 0) return false;
        else if (d.oneIn(2)) receipt.path[d.roll(depth)] ^= bytes32(uint256(1));
        else receipt.path = new bytes32[](depth - 1);
        return true;
    }

    function _receiptSigner(Dice memory d, address operator) private view returns (address signer) {
        signer = operator;
        if (d.oneIn(3)) signer = delegates[operator];
        else if (d.oneIn(4)) signer = formers[operator];
        for (uint256 i = 0; i < 8 && (keys[signer] == 0 || (i == 0 && d.oneIn(6))); ++i) signer = _anyone(d);
        if (keys[signer] == 0) signer = operators[0];
    }

    /// @dev A key stands for every account that it signs for: a contract's owner signs for the contract, not the other way round.
    function _mayReceipt(address operator, address signer) private view returns (bool) {
        address signs = vm.addr(keys[signer]);
        if (keys[operator] == keys[signer] || delegates[operator] == signs) return true;
        return block.timestamp <= receiptsUntil[operator][signs];
    }
}
