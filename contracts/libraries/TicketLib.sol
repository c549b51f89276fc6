// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rule, Ticket} from "../interfaces/IMarket.sol";

/// @title Packing of tickets
/// @notice head: workflow 48 | step 8 | attempt 16 | word 16 | price 56 | bond 56 | deadline 40 | rule 8; tail: window 32 | mask 192.
library TicketLib {
    function workflow(Ticket memory t) internal pure returns (uint48) {
        return uint48(t.head >> 200);
    }

    function step(Ticket memory t) internal pure returns (uint8) {
        return uint8(t.head >> 192);
    }

    function attempt(Ticket memory t) internal pure returns (uint16) {
        return uint16(t.head >> 176);
    }

    function word(Ticket memory t) internal pure returns (uint16) {
        return uint16(t.head >> 160);
    }

    /// @notice Units per task.
    function price(Ticket memory t) internal pure returns (uint56) {
        return uint56(t.head >> 104);
    }

    /// @notice Units per task.
    function bond(Ticket memory t) internal pure returns (uint56) {
        return uint56(t.head >> 48);
    }

    function deadline(Ticket memory t) internal pure returns (uint40) {
        return uint40(t.head >> 8);
    }

    function rule(Ticket memory t) internal pure returns (Rule) {
        return Rule(uint8(t.head));
    }

    /// @notice Seconds from commitment to maturity; zero for a final step.
    function window(Ticket memory t) internal pure returns (uint32) {
        return uint32(t.tail >> 192);
    }

    function mask(Ticket memory t) internal pure returns (uint192) {
        return uint192(t.tail);
    }

    /// @notice The same claim for other tasks.
    function withMask(Ticket memory t, uint192 mask_) internal pure returns (Ticket memory) {
        return Ticket(t.head, (t.tail & ~uint256(type(uint192).max)) | mask_, t.root);
    }

    function hash(Ticket memory t) internal pure returns (bytes32 h) {
        assembly ("memory-safe") {
            h := keccak256(t, 0x60)
        }
    }

    function packHead(
        uint48 workflow_,
        uint8 step_,
        uint16 attempt_,
        uint16 word_,
        uint64 price_,
        uint64 bond_,
        uint40 deadline_,
        Rule rule_
    ) internal pure returns (uint256) {
        return
            (uint256(workflow_) << 200) |
            (uint256(step_) << 192) |
            (uint256(attempt_) << 176) |
            (uint256(word_) << 160) |
            (uint256(price_) << 104) | // price and bond are at most the step's, which were checked against 53 bits
            (uint256(bond_) << 48) |
            (uint256(deadline_) << 8) |
            uint256(rule_);
    }

    function packTail(uint32 window_, uint192 mask_) internal pure returns (uint256) {
        return (uint256(window_) << 192) | mask_;
    }
}
