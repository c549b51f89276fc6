// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice One claim or batch in one word: digest (bits 56..255), time (24..55), voided (16..23), removed (8..15), state (0..7).
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

    /// @dev By hand, because the compiler reads an element of an array again before it writes it. Ids have 16 bits.
    function load(Slot[65536] storage slots, uint256 id) internal view returns (Slot s) {
        assembly ("memory-safe") {
            s := sload(add(slots.slot, id))
        }
    }

    function store(Slot[65536] storage slots, uint256 id, Slot s) internal {
        assembly ("memory-safe") {
            sstore(add(slots.slot, id), s)
        }
    }

    function state(Slot s) internal pure returns (uint8) {
        return uint8(Slot.unwrap(s));
    }

    /// @notice How many tasks have left the batch with their pay and bond: struck, or moved into a dispute.
    function removed(Slot s) internal pure returns (uint8) {
        return uint8(Slot.unwrap(s) >> 8);
    }

    /// @notice How many tasks of the batch are void: unpaid, but their bonds are still in it.
    function voided(Slot s) internal pure returns (uint8) {
        return uint8(Slot.unwrap(s) >> 16);
    }

    /// @notice Deadline of a claim, maturity of a batch; 32 bits last until 2106.
    function time(Slot s) internal pure returns (uint32) {
        return uint32(Slot.unwrap(s) >> 24);
    }

    function digest(Slot s) internal pure returns (uint200) {
        return uint200(Slot.unwrap(s) >> 56);
    }

    /// @notice Whether a new claim may use the slot.
    function reusable(Slot s) internal pure returns (bool) {
        return s.state() == EMPTY || s.state() == CREDITED;
    }

    /// @param ticketHash hash of the claim's ticket
    function claimed(bytes32 ticketHash, uint256 deadline) internal pure returns (Slot) {
        return _pack(digestOf(ticketHash), deadline, CLAIMED);
    }

    /// @param batchHash hash of the batch's ticket and commitments (TicketLib.batchHash)
    function committed(bytes32 batchHash, uint256 maturesAt) internal pure returns (Slot) {
        return _pack(digestOf(batchHash), maturesAt, COMMITTED);
    }

    // At most 128 tasks are in a batch, and each leaves it once: the counters can't overflow.

    function addRemoved(Slot s) internal pure returns (Slot) {
        return Slot.wrap(Slot.unwrap(s) + (1 << 8));
    }

    function addVoided(Slot s) internal pure returns (Slot) {
        return Slot.wrap(Slot.unwrap(s) + (1 << 16));
    }

    /// @notice A void task was struck all the same.
    function voidedToRemoved(Slot s) internal pure returns (Slot) {
        return Slot.wrap(Slot.unwrap(s) - (1 << 16) + (1 << 8));
    }

    function digestOf(bytes32 hash) internal pure returns (uint200) {
        return uint200(uint256(hash));
    }

    function _pack(uint200 digest_, uint256 time_, uint8 state_) private pure returns (Slot) {
        return Slot.wrap((uint256(digest_) << 56) | (uint256(uint32(time_)) << 24) | state_);
    }
}
