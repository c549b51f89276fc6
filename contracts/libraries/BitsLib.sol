// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Counting and finding bits
library BitsLib {
    /// @notice Number of ones. Parallel sums within bytes, then one multiplication adds the bytes (Hacker's Delight, 5-1).
    /// @dev 192 bits at most, so that the sum fits the top byte.
    function count(uint192 mask) internal pure returns (uint256 x) {
        unchecked {
            x = mask;
            x -= (x >> 1) & 0x5555555555555555555555555555555555555555555555555555555555555555;
            x =
                (x & 0x3333333333333333333333333333333333333333333333333333333333333333) +
                ((x >> 2) & 0x3333333333333333333333333333333333333333333333333333333333333333);
            x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
            x = (x * 0x0101010101010101010101010101010101010101010101010101010101010101) >> 248;
        }
    }

    /// @notice Index of the lowest one of a mask that is not zero.
    function lowest(uint192 mask) internal pure returns (uint256) {
        unchecked {
            return count(uint192((mask & (~mask + 1)) - 1));
        }
    }

    /// @notice The mask of bits [from, to) of a word, clipped to the word.
    function range(uint256 from, uint256 to) internal pure returns (uint192) {
        unchecked {
            uint256 below = to >= 192 ? type(uint192).max : (1 << to) - 1;
            uint256 under = from >= 192 ? type(uint192).max : (1 << from) - 1;
            return uint192(below & ~under);
        }
    }
}
