// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A task's last ended attempt: number (bits 0..15) and whether the task is open to a later one (16).
/// @dev Written only when an attempt ends without pay; a first claim neither reads nor writes it.
type Retry is uint256;

using RetryLib for Retry global;

/// @title Packing of a task's retry record
library RetryLib {
    uint256 private constant OPEN = 1 << 16;

    function attempt(Retry r) internal pure returns (uint16) {
        return uint16(Retry.unwrap(r));
    }

    function isOpen(Retry r) internal pure returns (bool) {
        return Retry.unwrap(r) & OPEN != 0;
    }

    /// @notice Whether `attempt_` or a later one has already ended.
    function fences(Retry r, uint16 attempt_) internal pure returns (bool) {
        return Retry.unwrap(r) != 0 && r.attempt() >= attempt_;
    }

    function opened(uint16 attempt_) internal pure returns (Retry) {
        return Retry.wrap(OPEN | attempt_);
    }

    function closed(Retry r) internal pure returns (Retry) {
        return Retry.wrap((1 << 17) | r.attempt()); // marked, so that attempt 0 is told from no record
    }
}
