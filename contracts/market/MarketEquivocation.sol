// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IMarketEquivocation} from "../interfaces/parts/IMarketEquivocation.sol";
import {BatchOpening, Receipt, Ticket} from "../interfaces/MarketTypes.sol";
import {AssignmentLib} from "../libraries/AssignmentLib.sol";
import {Dispute, DisputeLib} from "../libraries/DisputeLib.sol";
import {Slot, SlotLib} from "../libraries/SlotLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {MarketClaims} from "./MarketClaims.sol";
import {MarketDisputes} from "./MarketDisputes.sol";

/// @title Two results for one attempt
/// @notice An operator signs one result for an attempt: two receipts that differ, or a receipt that differs from the commitment, cost
/// it the whole bond, whether or not one of them is right.
abstract contract MarketEquivocation is IMarketEquivocation, MarketDisputes, MarketClaims {
    using TicketLib for Ticket;

    /// @inheritdoc IMarketEquivocation
    function strikeReceipt(
        BatchOpening calldata batch,
        bytes32 judgeHash,
        uint32 task,
        Receipt calldata receipt
    ) external {
        Ticket memory t = batch.ticket;
        bytes32 committed = _openBatch(batch, t, task);
        if (TicketLib.pair(uint256(batch.root), judgeHash) != t.bound) revert StepsMismatch(t.workflow(), t.step());
        bytes32 key = _keyOf(t, task);
        if (_receipted(key, batch.operator, batch.root, receipt) == committed) revert SameResult(receipt.resultDigest);
        _strikeBatch(batch.operator, batch.slot, t, task, msg.sender);
    }

    /// @inheritdoc IMarketEquivocation
    function strikeReceiptDisputed(bytes32 key, bytes32 root, bytes32 judgeHash, Receipt calldata receipt) external {
        Dispute storage d = _openDispute(key);
        if (TicketLib.pair(uint256(root), judgeHash) != d.bound) revert StepsMismatch(DisputeLib.workflowOf(key), 0);
        if (_receipted(key, d.operator, root, receipt) == d.commitment) revert SameResult(receipt.resultDigest);
        _strikeByEvidence(key, d);
    }

    /// @inheritdoc IMarketEquivocation
    function strikeReceipts(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        bytes32 root,
        bytes32 judgeHash,
        uint32 task,
        Receipt calldata one,
        Receipt calldata other
    ) external {
        Ticket memory t = ticket;
        Slot s = _slots[operator][slot];
        if (s.state() != SlotLib.CLAIMED) revert SlotState(slot, s.state(), SlotLib.CLAIMED);
        if (s.digest() != SlotLib.digestOf(t.hash())) revert DigestMismatch(slot);
        if (TicketLib.pair(uint256(root), judgeHash) != t.bound) revert StepsMismatch(t.workflow(), t.step());
        uint192 bit = _bitOf(t, task);
        if (bit == 0) revert MaskInvalid(bit, t.mask());
        bytes32 key = _keyOf(t, task);
        if (_receipted(key, operator, root, one) == _receipted(key, operator, root, other))
            revert SameResult(one.resultDigest);

        _removeFromSlot(operator, slot, t, bit, 1);
        _strike(key, operator, slot, t.money, msg.sender);
    }

    // ---------------------------------------------------------------- internal

    /// @dev Reverts unless the operator, or its delegate, or one that was it when claims of today were made, signed the receipt.
    /// @return commitment to the receipt's result
    function _receipted(
        bytes32 key,
        address operator,
        bytes32 root,
        Receipt calldata receipt
    ) private view returns (bytes32 commitment) {
        commitment = _commitment(key, operator, root, receipt.resultDigest);
        bytes32 structHash = AssignmentLib.receiptsHash(MerkleProof.processProofCalldata(receipt.path, commitment));
        address signer = _recover(structHash, receipt.signature);
        bool isDelegates = signer == _delegates[operator] || block.timestamp <= _receiptsUntil[operator][signer];
        if (signer == address(0) || !isDelegates) _requireSigned(operator, structHash, receipt.signature);
    }
}
