// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A chain of hashes: every choice of an action follows from the one number that forge chose for it.
struct Dice {
    uint256 seed;
}

using DiceLib for Dice global;

/// @title Random choices, and counting bits in the plainest way
library DiceLib {
    /// @return one of 0 .. n - 1
    function roll(Dice memory d, uint256 n) internal pure returns (uint256) {
        d.seed = uint256(keccak256(abi.encode(d.seed)));
        return d.seed % n;
    }

    function oneIn(Dice memory d, uint256 n) internal pure returns (bool) {
        return roll(d, n) == 0;
    }

    /// @return one of from .. to
    function between(Dice memory d, uint256 from, uint256 to) internal pure returns (uint256) {
        return from + roll(d, to - from + 1);
    }

    /// @return part a random part of `mask` with at most `most` bits; empty only if `mask` is, or if `most` is zero
    function subset(Dice memory d, uint192 mask, uint256 most) internal pure returns (uint192 part) {
        part = mask & uint192(roll(d, 1 << 192));
        if (part == 0) part = mask;
        for (uint256 n = count(part); n > most; --n) part &= part - 1;
    }

    function count(uint192 mask) internal pure returns (uint256 n) {
        for (; mask != 0; mask &= mask - 1) ++n;
    }

    /// @return bits the positions of the ones, rising
    function positions(uint192 mask) internal pure returns (uint256[] memory bits) {
        bits = new uint256[](count(mask));
        uint256 n;
        for (uint256 i = 0; n < bits.length; ++i) if ((mask >> i) & 1 != 0) bits[n++] = i;
    }
}
