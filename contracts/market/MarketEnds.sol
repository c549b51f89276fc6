// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarket, Rule, Ticket} from "../interfaces/IMarket.sol";
import {AssignmentLib} from "../libraries/AssignmentLib.sol";
import {BitsLib} from "../libraries/BitsLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {RetryLib} from "../libraries/RetryLib.sol";
import {Slot, SlotLib} from "../libraries/SlotLib.sol";
import {TaskWordLib} from "../libraries/TaskWordLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title How claims end without a result: released, conceded, expired
abstract contract MarketEnds is MarketBase {
    using TicketLib for Ticket;

    /// @inheritdoc IMarket
    function release(uint256 slot, Ticket calldata ticket, uint192 subMask, bytes calldata signature) external {
        Ticket memory part = _giveBack(slot, ticket, subMask);
        _requireSigned(
            _workflows[part.workflow()].head.coordinator(),
            AssignmentLib.releaseHash(part, msg.sender),
            signature
        );
    }

    /// @inheritdoc IMarket
    function concede(uint256 slot, Ticket calldata ticket, uint192 subMask, bytes32[] calldata commitments) external {
        Ticket memory part = _giveBack(slot, ticket, subMask);
        if (part.rule() != Rule.Accepted) revert RuleMismatch(part.rule(), Rule.Accepted);
        uint256 count = BitsLib.count(part.mask());
        if (commitments.length != count) revert CommitmentCount(commitments.length, count);
        emit Conceded(msg.sender, part.workflow(), slot, commitments);
    }

    /// @inheritdoc IMarket
    function expire(address operator, uint256 slot, Ticket calldata ticket) external {
        Ticket memory expired = ticket;
        _requireExpired(operator, slot, expired);
        uint256 gasRefund = _expireTasks(operator, slot, expired, expired.mask());
        _reopen(expired);
        _accounts[msg.sender] = _accounts[msg.sender].addOwed(gasRefund);
    }

    // ---------------------------------------------------------------- internal

    /// @dev Ends tasks of the caller's live claim: bonds return, tasks open to later attempts. Zero means all tasks.
    function _giveBack(uint256 slot, Ticket memory ticket, uint192 subMask) private returns (Ticket memory part) {
        _requireLive(msg.sender, slot, ticket);
        part = ticket.withMask(subMask == 0 ? ticket.mask() : subMask);
        _removeFromSlot(msg.sender, slot, ticket, part.mask());
        uint256 bonds = BitsLib.count(part.mask()) * part.bond();
        _accounts[msg.sender] = _accounts[msg.sender].unlock(bonds, 0);
        _reopen(part);
        emit Released(msg.sender, part.workflow(), slot, part.word(), part.mask());
    }

    /// @dev Penalises tasks of an expired claim. Neither reopens the tasks nor touches their word: a take-over claims them in the
    /// same breath.
    /// @return gasRefund units that the caller has to be credited with
    function _expireTasks(
        address operator,
        uint256 slot,
        Ticket memory ticket,
        uint192 mask
    ) internal returns (uint256 gasRefund) {
        bool last = _removeFromSlot(operator, slot, ticket, mask);
        uint256 bonds = BitsLib.count(mask) * ticket.bond();
        uint256 penalty = (bonds * Limits.LATE_BPS + Limits.BPS - 1) / Limits.BPS;
        // One refund per claim, for whoever ends the last of it: splitting a claim into many take-overs gains nothing.
        gasRefund = last ? (penalty < LATE_GAS_REFUND ? penalty : LATE_GAS_REFUND) : 0;
        _accounts[operator] = _accounts[operator].unlock(bonds - penalty, penalty);
        emit Expired(
            operator,
            ticket.workflow(),
            slot,
            ticket.word(),
            mask,
            msg.sender,
            uint64(penalty),
            uint64(gasRefund),
            uint64(penalty - gasRefund)
        );
    }

    /// @dev Opens a ticket's tasks to later attempts and returns their price to the escrow.
    function _reopen(Ticket memory ticket) internal {
        uint192 mask = ticket.mask();
        uint48 workflow = ticket.workflow();
        uint256 word = ticket.word();
        _taskWords[workflow][word] = _taskWords[workflow][word].giveBack(BitsLib.count(mask) * ticket.price());
        uint256 base = word * TaskWordLib.TASKS;
        while (mask != 0) {
            _retries[workflow][base + BitsLib.lowest(mask)] = RetryLib.opened(ticket.attempt());
            mask &= mask - 1;
        }
    }

    /// @dev Reverts unless the slot holds this claim and its deadline has not passed.
    function _requireLive(address operator, uint256 slot, Ticket memory ticket) internal view {
        uint40 deadline = _claimDeadline(operator, slot, ticket);
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
    }

    function _requireExpired(address operator, uint256 slot, Ticket memory ticket) internal view {
        uint40 deadline = _claimDeadline(operator, slot, ticket);
        if (block.timestamp <= deadline) revert DeadlineNotPassed(deadline);
    }

    function _claimDeadline(address operator, uint256 slot, Ticket memory ticket) private view returns (uint40) {
        Slot s = _slots[operator][slot];
        if (s.state() != SlotLib.CLAIMED) revert SlotState(slot, s.state(), SlotLib.CLAIMED);
        if (s.digest() != SlotLib.digestOf(ticket.hash())) revert DigestMismatch(slot);
        return s.time();
    }

    /// @dev What is left of a mask. Reverts unless `part` is a part of it, or all.
    function _restOf(uint192 whole, uint192 part) internal pure returns (uint192) {
        if (part == 0 || part & ~whole != 0) revert MaskInvalid(part, whole);
        return whole & ~part;
    }

    /// @dev Takes tasks out of a claim. @return last whether the slot is free now
    function _removeFromSlot(
        address operator,
        uint256 slot,
        Ticket memory ticket,
        uint192 mask
    ) private returns (bool last) {
        uint192 rest = _restOf(ticket.mask(), mask);
        last = rest == 0;
        _slots[operator][slot] =
            last ? SlotLib.FREED : SlotLib.claimed(ticket.withMask(rest).hash(), ticket.deadline());
    }
}
