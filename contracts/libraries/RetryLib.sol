// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What became of a task's attempts that did not end in pay: last ended attempt (bits 0..15), open to a later one (16),
/// whether any attempt has left its batch for a dispute (17), the first attempt that was struck (32..47), and what is left of that
/// strike to compensate those who built on its result, in units (48..111).
/// @dev Written only when an attempt ends without pay or is disputed; a first claim neither reads nor writes it. Attempts count from
/// 1, so zero means none. What is rarer than one strike is in the attempt's Fate.
type Retry is uint256;

using RetryLib for Retry global;

/// @title Packing of a task's retry record
library RetryLib {
    uint256 private constant OPEN = 1 << 16;
    uint256 private constant DISPUTED = 1 << 17;
    uint256 private constant END_FIELDS = (1 << 17) - 1;
    uint256 private constant POT = uint256(type(uint64).max) << 48;

    /// @notice The last attempt that ended without pay.
    function attempt(Retry r) internal pure returns (uint16) {
        return uint16(Retry.unwrap(r));
    }

    function isOpen(Retry r) internal pure returns (bool) {
        return Retry.unwrap(r) & OPEN != 0;
    }

    /// @notice Whether `attempt_` or a later one has ended.
    function fences(Retry r, uint16 attempt_) internal pure returns (bool) {
        return r.attempt() >= attempt_;
    }

    /// @notice Whether an attempt has left its batch for a dispute, so that it has to be looked up which one.
    function wasDisputed(Retry r) internal pure returns (bool) {
        return Retry.unwrap(r) & DISPUTED != 0;
    }

    /// @notice The first attempt that was struck.
    function struckAttempt(Retry r) internal pure returns (uint16) {
        return uint16(Retry.unwrap(r) >> 32);
    }

    /// @notice Units for those who built on its result.
    function pot(Retry r) internal pure returns (uint64) {
        return uint64(Retry.unwrap(r) >> 48);
    }

    /// @notice `attempt_` has ended without pay; a later one may claim the task.
    function opened(Retry r, uint16 attempt_) internal pure returns (Retry) {
        return Retry.wrap((Retry.unwrap(r) & ~END_FIELDS) | OPEN | attempt_);
    }

    /// @notice A later attempt has claimed the task.
    function closed(Retry r) internal pure returns (Retry) {
        return Retry.wrap(Retry.unwrap(r) & ~OPEN);
    }

    function disputed(Retry r) internal pure returns (Retry) {
        return Retry.wrap(Retry.unwrap(r) | DISPUTED);
    }

    /// @notice `attempt_` was struck, the first one, and left `pot_` for those who built on its result.
    function struck(Retry r, uint16 attempt_, uint64 pot_) internal pure returns (Retry) {
        return Retry.wrap(Retry.unwrap(r) | (uint256(attempt_) << 32)).withPot(pot_);
    }

    function withPot(Retry r, uint64 pot_) internal pure returns (Retry) {
        return Retry.wrap((Retry.unwrap(r) & ~POT) | (uint256(pot_) << 48));
    }
}
