// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The market's fixed limits and shares, with what each one stops
library Limits {
    /// @dev Opening hashes and logs every step: bounds its gas.
    uint256 internal constant MAX_STEPS = 64;
    /// @dev `refund` and `payFee` read one word per 192 tasks: 521 words, 1.1M gas. Stops a workflow too large to be refunded.
    uint256 internal constant MAX_TASKS = 100_000;
    /// @dev Tasks of one claim. The struck counter of a slot has 8 bits, and ending a claim writes one retry record per task.
    uint256 internal constant MAX_BATCH = 128;
    /// @dev Units per task. Tickets pack 56 bits; JSON numbers hold 53.
    uint256 internal constant MAX_AMOUNT = 2 ** 53 - 1;
    /// @dev With MAX_WINDOW, what UNBONDING_DELAY must outlast. Also bounds how long an idle claim blocks a task.
    uint256 internal constant MAX_CLAIM_TIME = 7 days;
    uint256 internal constant MAX_WINDOW = 7 days;
    /// @dev A challenge must fit a block together with its evidence. Stops terms whose verifier can never be called.
    uint256 internal constant MAX_VERIFIER_GAS = 10_000_000;
    /// @dev Basis points. A fee above a fifth is a mistake or a theft.
    uint256 internal constant MAX_FEE_BPS = 2_000;
    /// @dev Seconds from now to the deadline. Stops funds locked for ever by a mistyped date.
    uint256 internal constant MAX_DURATION = 365 days;
    /// @dev Below a gwei, sums of the native currency's whole supply would not fit 64 bits of units, and a credit could revert.
    uint256 internal constant MIN_UNIT = 1 gwei;

    /// @dev Of a struck bond, in basis points: the challenger's share pays for watching and proving.
    uint256 internal constant STRIKE_CHALLENGER_BPS = 4_000;
    /// @dev The requester's share pays for the time lost. What is left of the bond (three tenths) is burned: operator, challenger
    /// and requester may be one person, and striking oneself must cost it something (self-challenge for profit, or to unlock bonds).
    uint256 internal constant STRIKE_REQUESTER_BPS = 3_000;
    /// @dev Share of the bond that a late task costs, burned except for the fixed gas refund. Low enough that a crash does not
    /// ruin an operator; nobody who assigns work gains from it (impossible statements assigned to collect penalties).
    uint256 internal constant LATE_BPS = 2_000;
    uint256 internal constant BPS = 10_000;

    /// @dev Gas that a challenge keeps for itself after the verifier's call: striking and its event.
    uint256 internal constant STRIKE_GAS = 150_000;
}
