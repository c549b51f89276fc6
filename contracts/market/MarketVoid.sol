// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketVoid} from "../interfaces/parts/IMarketVoid.sol";
import {BatchOpening, LeafOpening, Ticket} from "../interfaces/MarketTypes.sol";
import {Dispute, DisputeLib} from "../libraries/DisputeLib.sol";
import {InputsLib, InputsOpening} from "../libraries/InputsLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {Workflow} from "../libraries/WorkflowLib.sol";
import {MarketDisputes} from "./MarketDisputes.sol";

/// @title Results whose inputs were struck
/// @notice An unmatured result that was built on a struck one is void: unpaid, compensated out of the culprit's bond as far as that
/// goes. Its own bond stays in the batch until it matures, because a result that is wrong for its own inputs is invalid whatever
/// the inputs: a cheap struck input excuses nothing.
abstract contract MarketVoid is IMarketVoid, MarketDisputes {
    using TicketLib for Ticket;

    /// @inheritdoc IMarketVoid
    function voidResult(
        BatchOpening calldata batch,
        bytes32 judgeHash,
        LeafOpening calldata leaf,
        InputsOpening calldata inputs,
        uint256 index
    ) external {
        Ticket memory t = batch.ticket;
        uint32 task = leaf.leaf.task;
        _openBatch(batch, t, task);
        _void(_keyOf(t, task), batch.operator, batch.slot, t, batch.root, judgeHash, leaf, inputs, index);
        _slots[batch.operator][batch.slot] = _slots[batch.operator][batch.slot].addVoided();
    }

    /// @inheritdoc IMarketVoid
    function voidDisputed(
        bytes32 key,
        bytes32 root,
        bytes32 judgeHash,
        LeafOpening calldata leaf,
        InputsOpening calldata inputs,
        uint256 index
    ) external {
        Dispute storage d = _openDispute(key);
        _void(key, d.operator, d.slot, _ticketOf(key, d), root, judgeHash, leaf, inputs, index);
    }

    // ---------------------------------------------------------------- internal

    function _void(
        bytes32 key,
        address operator,
        uint16 slot,
        Ticket memory t,
        bytes32 root,
        bytes32 judgeHash,
        LeafOpening calldata leaf,
        InputsOpening calldata inputs,
        uint256 index
    ) private {
        if (TicketLib.pair(uint256(root), judgeHash) != t.bound) revert StepsMismatch(t.workflow(), t.step());
        _requireLeaf(t, root, leaf);
        if (InputsLib.digest(inputs) != leaf.leaf.inputsDigest) revert InputsMismatch(leaf.leaf.inputsDigest);
        if (index >= inputs.inputs.length) revert InputNotStruck(0);
        uint64 source = inputs.inputs[index].source;
        bytes32 culprit = DisputeLib.keyOf(t.workflow(), uint32(source >> 16), uint16(source));
        (bool isStruck, , ) = _strikeOf(culprit);
        if (source >> 48 != 1 || !isStruck) revert InputNotStruck(source);
        if (_fates[key].isVoid) revert AlreadyVoid(leaf.leaf.task, t.attempt());

        _fates[key].isVoid = true;
        _reopenTask(key, t.money);
        uint64 compensation = _takeFromPot(culprit, t.price());
        _credit(operator, compensation);
        emit Voided(operator, t.workflow(), leaf.leaf.task, t.attempt(), slot, uint32(source >> 16), compensation);
    }

    /// @dev Takes up to `most` units out of a struck attempt's pot.
    function _takeFromPot(bytes32 key, uint64 most) private returns (uint64 amount) {
        (, bool isFirst, uint64 pot) = _strikeOf(key);
        amount = pot < most ? pot : most;
        Workflow storage w = _workflows[DisputeLib.workflowOf(key)];
        uint32 task = DisputeLib.taskOf(key);
        if (isFirst) w.retries[task] = w.retries[task].withPot(pot - amount);
        else _fates[key].pot = pot - amount;
    }
}
