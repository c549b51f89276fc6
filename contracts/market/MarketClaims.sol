// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ticket} from "../interfaces/MarketTypes.sol";
import {BitsLib} from "../libraries/BitsLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {Slot, SlotLib} from "../libraries/SlotLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title Live and expired claims, as every module needs them
abstract contract MarketClaims is MarketBase {
    using TicketLib for Ticket;

    /// @dev Penalises tasks of an expired claim. Neither reopens the tasks nor touches their word: a take-over claims them in the
    /// same breath.
    /// @param by who ends the claim
    /// @return gasRefund units that `by` has to be credited with
    function _expireTasks(
        address operator,
        uint256 slot,
        Ticket memory ticket,
        uint192 mask,
        address by
    ) internal returns (uint256 gasRefund) {
        uint256 count = BitsLib.count(mask);
        bool last = _removeFromSlot(operator, slot, ticket, mask, count);
        uint256 bonds = count * ticket.bond();
        uint256 penalty = (bonds * Limits.LATE_BPS + Limits.BPS - 1) / Limits.BPS;
        // One refund per claim, for whoever ends the last of it: splitting a claim into many take-overs gains nothing.
        gasRefund = last ? (penalty < LATE_GAS_REFUND ? penalty : LATE_GAS_REFUND) : 0;
        _accounts[operator] = _accounts[operator].unlock(bonds - penalty, penalty);
        emit Expired(
            operator,
            ticket.workflow(),
            uint16(slot),
            ticket.word(),
            mask,
            by,
            uint64(penalty),
            uint64(gasRefund),
            uint64(penalty - gasRefund)
        );
    }

    /// @dev Reverts unless the slot holds this claim and its deadline has not passed.
    function _requireLive(Slot s, uint256 slot, bytes32 ticketHash) internal view returns (uint256 deadline) {
        deadline = _claimDeadline(s, slot, ticketHash);
        if (block.timestamp > deadline) revert DeadlinePassed(uint40(deadline));
    }

    function _requireExpired(address operator, uint256 slot, bytes32 ticketHash) internal view {
        uint256 deadline = _claimDeadline(_slots[operator][slot], slot, ticketHash);
        if (block.timestamp <= deadline) revert DeadlineNotPassed(uint40(deadline));
    }

    function _claimDeadline(Slot s, uint256 slot, bytes32 ticketHash) private pure returns (uint256) {
        if (s.state() != SlotLib.CLAIMED) revert SlotState(slot, s.state(), SlotLib.CLAIMED);
        if (s.digest() != SlotLib.digestOf(ticketHash)) revert DigestMismatch(slot);
        return s.time();
    }

    /// @dev What is left of a mask. Reverts unless `part` is a part of it, or all.
    function _restOf(uint192 whole, uint192 part) internal pure returns (uint192) {
        if (part == 0 || part & ~whole != 0) revert MaskInvalid(part, whole);
        return whole & ~part;
    }

    /// @dev Takes `count` tasks, those of `mask`, out of a claim. @return last whether the slot is free now
    function _removeFromSlot(
        address operator,
        uint256 slot,
        Ticket memory ticket,
        uint192 mask,
        uint256 count
    ) internal returns (bool last) {
        uint192 rest = _restOf(ticket.mask(), mask);
        last = rest == 0;
        _slots[operator][slot] =
            last
                ? SlotLib.FREED
                : SlotLib.claimed(ticket.part(rest, ticket.count() - count).hash(), _slots[operator][slot].time());
    }
}
