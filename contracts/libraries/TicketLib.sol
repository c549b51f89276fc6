// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rule, Ticket} from "../interfaces/MarketTypes.sol";

/// @title Packing and hashing of tickets
/// @notice money: workflow 48 | price 56 | bond 56 | window 24 | rule 8 | count 8 | open 8 | 48 zeros;
/// scope: 24 zeros | word 16 | step 8 | attempt 16 | mask 192.
/// @dev Hashed in two levels, so that whoever commits or settles whole batches shows `money` and one hash, and nothing else.
library TicketLib {
    function workflow(Ticket memory t) internal pure returns (uint48) {
        return workflowOf(t.money);
    }

    /// @notice Units per task.
    function price(Ticket memory t) internal pure returns (uint56) {
        return priceOf(t.money);
    }

    /// @notice Units per task.
    function bond(Ticket memory t) internal pure returns (uint56) {
        return bondOf(t.money);
    }

    /// @notice Seconds from commitment to maturity; zero for a final step, which `submitFinal` alone ends.
    function window(Ticket memory t) internal pure returns (uint24) {
        return windowOf(t.money);
    }

    function rule(Ticket memory t) internal pure returns (Rule) {
        return ruleOf(t.money);
    }

    /// @notice Number of tasks; always that of the mask's bits.
    function count(Ticket memory t) internal pure returns (uint8) {
        return countOf(t.money);
    }

    /// @notice Whether it was claimed without a coordinator, so that its leaves carry attempt 0.
    function isOpen(Ticket memory t) internal pure returns (bool) {
        return uint8(t.money >> 48) != 0;
    }

    function word(Ticket memory t) internal pure returns (uint16) {
        return uint16(t.scope >> 216);
    }

    function step(Ticket memory t) internal pure returns (uint8) {
        return uint8(t.scope >> 208);
    }

    function attempt(Ticket memory t) internal pure returns (uint16) {
        return uint16(t.scope >> 192);
    }

    function mask(Ticket memory t) internal pure returns (uint192) {
        return uint192(t.scope);
    }

    // ---------------------------------------------------------------- the money word

    function workflowOf(uint256 money) internal pure returns (uint48) {
        return uint48(money >> 208);
    }

    function priceOf(uint256 money) internal pure returns (uint56) {
        return uint56(money >> 152);
    }

    function bondOf(uint256 money) internal pure returns (uint56) {
        return uint56(money >> 96);
    }

    function windowOf(uint256 money) internal pure returns (uint24) {
        return uint24(money >> 72);
    }

    function ruleOf(uint256 money) internal pure returns (Rule) {
        return Rule(uint8(money >> 64));
    }

    function countOf(uint256 money) internal pure returns (uint8) {
        return uint8(money >> 56);
    }

    function packMoney(
        uint256 workflow_,
        uint256 price_,
        uint256 bond_,
        uint256 window_,
        uint256 rule_,
        uint256 count_,
        bool open_
    ) internal pure returns (uint256) {
        // Price and bond are at most the step's, which were checked against 53 bits; the others come out of narrower types.
        return
            (workflow_ << 208) |
            (price_ << 152) |
            (bond_ << 96) |
            (window_ << 72) |
            (rule_ << 64) |
            (count_ << 56) |
            (open_ ? 1 << 48 : 0);
    }

    function packScope(uint256 word_, uint256 step_, uint256 attempt_, uint256 mask_) internal pure returns (uint256) {
        return (word_ << 216) | (step_ << 208) | (attempt_ << 192) | mask_;
    }

    // ---------------------------------------------------------------- parts and hashes

    /// @notice The same claim for `count_` other tasks, those of `mask_`.
    function part(Ticket memory t, uint192 mask_, uint256 count_) internal pure returns (Ticket memory) {
        return
            Ticket(
                (t.money & ~uint256(0xff << 56)) | (count_ << 56),
                (t.scope & ~uint256(type(uint192).max)) | mask_,
                t.bound
            );
    }

    /// @notice keccak256(scope, bound): what a ticket is, but for its money.
    function rest(Ticket memory t) internal pure returns (bytes32) {
        return pair(t.scope, t.bound);
    }

    /// @notice keccak256(money, keccak256(scope, bound)).
    function hash(Ticket memory t) internal pure returns (bytes32) {
        return pair(t.money, rest(t));
    }

    /// @notice keccak256(money, keccak256(rest, commitmentsRoot)).
    function batchHash(Ticket memory t, bytes32 commitmentsRoot) internal pure returns (bytes32) {
        return pair(t.money, pair(uint256(rest(t)), commitmentsRoot));
    }

    /// @notice keccak256 of two words.
    function pair(uint256 a, bytes32 b) internal pure returns (bytes32 h) {
        assembly ("memory-safe") {
            mstore(0x00, a)
            mstore(0x20, b)
            h := keccak256(0x00, 0x40)
        }
    }
}
