// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice One claim or batch in one word: digest (bits 56..255), time (16..55), struck (8..15), state (0..7).
/// @dev The digest keeps 200 bits of a keccak: 100-bit collision resistance.
type Slot is uint256;

using SlotLib for Slot global;

/// @title Packing of an operator's recycled slots
library SlotLib {
    uint8 internal constant EMPTY = 0;
    uint8 internal constant CLAIMED = 1;
    uint8 internal constant COMMITTED = 2;
    uint8 internal constant CREDITED = 3;

    /// @notice What a slot holds once its claim or batch has ended. It stays non-zero, so that the next claim costs an update
    /// (5,000 gas) and no fresh slot (22,100 gas).
    Slot internal constant FREED = Slot.wrap(CREDITED);

    function state(Slot s) internal pure returns (uint8) {
        return uint8(Slot.unwrap(s));
    }

    /// @notice How many tasks were struck out of the batch.
    function struck(Slot s) internal pure returns (uint8) {
        return uint8(Slot.unwrap(s) >> 8);
    }

    /// @notice Deadline of a claim, maturity of a batch.
    function time(Slot s) internal pure returns (uint40) {
        return uint40(Slot.unwrap(s) >> 16);
    }

    function digest(Slot s) internal pure returns (uint200) {
        return uint200(Slot.unwrap(s) >> 56);
    }

    /// @notice Whether a new claim may use the slot.
    function reusable(Slot s) internal pure returns (bool) {
        return s.state() == EMPTY || s.state() == CREDITED;
    }

    /// @param ticketHash hash of the claim's ticket
    function claimed(bytes32 ticketHash, uint40 deadline) internal pure returns (Slot) {
        return _pack(digestOf(ticketHash), deadline, CLAIMED);
    }

    function committed(bytes32 ticketHash, bytes32 commitmentsRoot, uint40 maturesAt) internal pure returns (Slot) {
        return _pack(digestOf(ticketHash, commitmentsRoot), maturesAt, COMMITTED);
    }

    function addStrike(Slot s) internal pure returns (Slot) {
        return Slot.wrap(Slot.unwrap(s) + (1 << 8)); // at most 128 tasks a batch, each struck once
    }

    function digestOf(bytes32 ticketHash) internal pure returns (uint200) {
        return uint200(uint256(ticketHash));
    }

    function digestOf(bytes32 ticketHash, bytes32 commitmentsRoot) internal pure returns (uint200 digest_) {
        assembly ("memory-safe") {
            mstore(0x00, ticketHash)
            mstore(0x20, commitmentsRoot)
            digest_ := and(keccak256(0x00, 0x40), 0xffffffffffffffffffffffffffffffffffffffffffffffffff)
        }
    }

    function _pack(uint200 digest_, uint40 time_, uint8 state_) private pure returns (Slot) {
        return Slot.wrap((uint256(digest_) << 56) | (uint256(time_) << 16) | state_);
    }
}
