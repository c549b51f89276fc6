// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice 192 tasks in one word: claimed bits (0..191) and what is spent on them, in units (192..255).
/// @dev Spent rises at a claim and falls at a strike, release, concession or expiry; settling changes nothing here.
type TaskWord is uint256;

using TaskWordLib for TaskWord global;

/// @title Packing of a workflow's tasks
library TaskWordLib {
    uint256 internal constant TASKS = 192;

    /// @dev By hand, because the compiler reads an element of an array again before it writes it. Ids have 16 bits.
    function load(TaskWord[65536] storage words, uint256 id) internal view returns (TaskWord w) {
        assembly ("memory-safe") {
            w := sload(add(words.slot, id))
        }
    }

    function store(TaskWord[65536] storage words, uint256 id, TaskWord w) internal {
        assembly ("memory-safe") {
            sstore(add(words.slot, id), w)
        }
    }

    function claimed(TaskWord w) internal pure returns (uint192) {
        return uint192(TaskWord.unwrap(w));
    }

    function spent(TaskWord w) internal pure returns (uint64) {
        return uint64(TaskWord.unwrap(w) >> TASKS);
    }

    function claim(TaskWord w, uint192 mask, uint256 amount) internal pure returns (TaskWord) {
        return TaskWord.wrap((TaskWord.unwrap(w) | mask) + (amount << TASKS)); // bounded by the escrow, which fits 64 bits
    }

    /// @notice Gives `amount` back to the escrow. The bits stay: the retry record decides who may claim again.
    function giveBack(TaskWord w, uint256 amount) internal pure returns (TaskWord) {
        return TaskWord.wrap(TaskWord.unwrap(w) - (amount << TASKS));
    }
}
