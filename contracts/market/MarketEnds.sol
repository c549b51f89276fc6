// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketEnds} from "../interfaces/parts/IMarketEnds.sol";
import {Rule, Ticket} from "../interfaces/MarketTypes.sol";
import {AssignmentLib} from "../libraries/AssignmentLib.sol";
import {BitsLib} from "../libraries/BitsLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {TaskWordLib} from "../libraries/TaskWordLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {MarketClaims} from "./MarketClaims.sol";

/// @title How claims end without a result: released, conceded, expired
abstract contract MarketEnds is IMarketEnds, MarketClaims {
    using TicketLib for Ticket;

    /// @inheritdoc IMarketEnds
    function release(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        uint192 subMask,
        bytes calldata signature
    ) external {
        Ticket memory part = _partOf(operator, ticket, subMask);
        uint256 penalty = 0;
        if (signature.length == 0)
            penalty = (part.count() * uint256(part.bond()) * Limits.EARLY_BPS + Limits.BPS - 1) / Limits.BPS;
        else
            _requireSigned(
                _workflows[part.workflow()].coordinator,
                AssignmentLib.releaseHash(operator, part.hash()),
                signature
            );
        _giveBack(operator, slot, ticket, part, penalty);
    }

    /// @inheritdoc IMarketEnds
    function concede(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        uint192 subMask,
        bytes32[] calldata commitments
    ) external {
        Ticket memory part = _partOf(operator, ticket, subMask);
        if (part.rule() != Rule.Accepted) revert RuleMismatch(part.rule(), Rule.Accepted);
        if (commitments.length != part.count()) revert CommitmentCount(commitments.length, part.count());
        _giveBack(operator, slot, ticket, part, 0);
        emit Conceded(operator, part.workflow(), slot, commitments);
    }

    /// @inheritdoc IMarketEnds
    function expire(address operator, uint16 slot, Ticket calldata ticket) external {
        Ticket memory expired = ticket;
        _requireExpired(operator, slot, expired.hash());
        uint256 gasRefund = _expireTasks(operator, slot, expired, expired.mask(), msg.sender);
        _reopen(expired);
        _credit(msg.sender, gasRefund);
    }

    // ---------------------------------------------------------------- internal

    /// @dev The part of a claim that the caller, the operator or its delegate, names; zero means all of it.
    function _partOf(address operator, Ticket memory ticket, uint192 subMask) private view returns (Ticket memory) {
        _requireActsFor(operator);
        if (subMask == 0) return ticket;
        _restOf(ticket.mask(), subMask);
        return ticket.part(subMask, BitsLib.count(subMask));
    }

    /// @dev Ends tasks of a live claim: bonds return less `penalty`, tasks open to later attempts.
    function _giveBack(
        address operator,
        uint16 slot,
        Ticket memory ticket,
        Ticket memory part,
        uint256 penalty
    ) private {
        _requireLive(_slots[operator][slot], slot, ticket.hash());
        _removeFromSlot(operator, slot, ticket, part.mask(), part.count());
        uint256 bonds = uint256(part.count()) * part.bond();
        _accounts[operator] = _accounts[operator].unlock(bonds - penalty, penalty);
        _reopen(part);
        emit Released(operator, part.workflow(), slot, part.word(), part.mask(), uint64(penalty));
    }

    /// @dev Opens a ticket's tasks to later attempts and returns their price to the escrow.
    function _reopen(Ticket memory ticket) internal {
        uint192 mask = ticket.mask();
        uint48 workflow = ticket.workflow();
        uint256 word = ticket.word();
        _workflows[workflow].words[word] = _workflows[workflow].words[word].giveBack(
            uint256(ticket.count()) * ticket.price()
        );
        uint256 base = word * TaskWordLib.TASKS;
        while (mask != 0) {
            uint256 task = base + BitsLib.lowest(mask);
            _workflows[workflow].retries[task] = _workflows[workflow].retries[task].opened(ticket.attempt());
            mask &= mask - 1;
        }
    }
}
