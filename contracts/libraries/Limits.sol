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
    /// @dev Seconds from the last maturity to the fee. Whoever ends a claim that ran out takes its price out of what the fee counts, and
    /// has this long to do so (coordinator and operator: a fee on work that was never delivered).
    uint256 internal constant FEE_DELAY = 1 days;
    /// @dev What LATE_CLAIMS may be at most. Stops a market whose requesters wait for their change for ever.
    uint256 internal constant MAX_LATE_CLAIMS = 1 days;
    /// @dev Seconds from now to the deadline. Stops funds locked for ever by a mistyped date.
    uint256 internal constant MAX_DURATION = 365 days;
    /// @dev Seconds that a coordinator has to answer. Shorter, and a few full blocks would make it silent.
    uint256 internal constant MIN_SILENCE_DELAY = 10 minutes;
    /// @dev Below a gwei, sums of the native currency's whole supply would not fit 64 bits of units, and a credit could revert.
    uint256 internal constant MIN_UNIT = 1 gwei;

    /// @dev Of a struck bond, in basis points: the challenger's share pays for watching and proving.
    uint256 internal constant STRIKE_CHALLENGER_BPS = 4_000;
    /// @dev The requester's share pays for the time lost.
    uint256 internal constant STRIKE_REQUESTER_BPS = 3_000;
    /// @dev What compensates operators whose results were right for the struck one, and void with it. What they leave stays in the
    /// contract. The last fifteen hundredths of the bond burn: operator, challenger, requester and dependents may be one person, and
    /// striking oneself must cost it something (self-challenge for profit, or to unlock bonds).
    uint256 internal constant STRIKE_POT_BPS = 1_500;
    /// @dev Share of the bond that a late task costs, burned except for the fixed gas refund. Low enough that a crash does not
    /// ruin an operator; nobody who assigns work gains from it (impossible statements assigned to collect penalties).
    uint256 internal constant LATE_BPS = 2_000;
    /// @dev The same for tasks that are given back before the deadline without the coordinator's consent: all of it burns, so that
    /// nobody profits, and it is less than being late, so that an operator in trouble says so early.
    uint256 internal constant EARLY_BPS = 1_000;
    /// @dev Jurors drawn for one dispute. Odd, so that two verdicts can't tie; a majority is of the drawn, not of those who vote.
    uint256 internal constant JURY_SIZE = 5;
    /// @dev Seats taken in one call: bounds its gas.
    uint256 internal constant MAX_SEATS = 32;
    /// @dev Blocks from a jury's call to the block whose hash draws it: nobody who calls knows that hash.
    uint64 internal constant DRAW_DELAY = 2;
    /// @dev Seats looked at in one draw: bounds its gas. With half of all seats excluded, 64 tries miss five jurors once in 10^11.
    uint256 internal constant DRAW_TRIES = 64;
    /// @dev What a juror who does not vote is fined: ten of the case's fees, so that work saved is money lost; a case that pays nothing
    /// fines nobody (juries called in masses on one's own tasks, to burn the seats of jurors who don't work for nothing).
    uint256 internal constant SILENT_JUROR_FEES = 10;
    /// @dev But at most this share of a seat's bond.
    uint256 internal constant SILENT_JUROR_BPS = 1_000;
    /// @dev Seconds that jurors have to vote, and to open votes: the window of a step with a check program. Shorter, and they would be
    /// fined before they could vote.
    uint256 internal constant MIN_JURY_WINDOW = 10 minutes;
    /// @dev Tasks of one claim without a coordinator: each shows its own leaf.
    uint256 internal constant MAX_OPEN_CLAIM = 32;
    /// @dev Bytes that can be demanded: what one transaction carries through public mempools (128 KiB) with its evidence.
    uint256 internal constant MAX_REVEAL = 98_304;
    uint256 internal constant BPS = 10_000;

    /// @dev Gas that a challenge keeps for itself after the verifier's call: striking and its event.
    uint256 internal constant STRIKE_GAS = 150_000;
}
