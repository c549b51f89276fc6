// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rule, StepTerms} from "../../contracts/interfaces/MarketTypes.sol";
import {Phase as CasePhase} from "../../contracts/libraries/DisputeLib.sol";

/// @notice What the suite believes about a task.
enum Status {
    Unclaimed,
    Held, // by a claim, by a batch, or by a dispute
    Paid,
    Open // to an attempt higher than the one that ended
}

/// @notice What the suite believes about a claim, later a batch.
enum Phase {
    Ended,
    Claimed,
    Committed
}

/// @notice What an action looks for among the claims.
enum Want {
    Live,
    Committable,
    Concedable,
    Final,
    Overdue,
    Uncommitted, // live or overdue
    Contestable,
    Matured
}

struct Task {
    Status status;
    uint16 ended; // the last attempt that has; zero: none
    uint64 holder; // claim
}

/// @notice A claim as the suite remembers it. Leaves, statements and results all follow from it (see Forms).
struct Claim {
    address operator;
    uint16 slot;
    uint48 workflow;
    uint8 step;
    uint16 attempt;
    uint16 word;
    uint192 mask;
    uint192 offered; // the assignment's tasks: leaves under its root
    uint192 removed; // struck, or moved into a dispute
    uint192 voided; // unpaid, but bonded
    uint64 price;
    uint64 bond;
    uint40 deadline;
    uint40 maturesAt;
    uint32 window; // zero for a final step
    Rule rule;
    Phase phase;
    bool isOpen; // claimed without a coordinator
    bytes32 root;
    bytes32 judgeHash;
    uint256 salt; // decides which results are right
    uint256 leafSalt;
    uint64 source; // the attempt whose result each task's second input is of
}

/// @notice What the suite believes about one attempt at a task.
struct Fate {
    bool isVoid;
    bool isStruck;
    bool isUnbonded; // its bond has left the lock
    uint64 pot;
}

/// @notice A task in dispute as the suite remembers it.
struct Case {
    uint256 holder; // the claim that it left
    uint256 bit; // the task's, in its word
    CasePhase phase;
    uint40 until;
    bool isAppeal;
    bool isDemanded; // was, once
    address caller;
    uint64 callerBond;
    bytes32 checkProgram;
    uint64 jurorFee;
    uint64 drawBlock;
    uint256 drawn;
    address[5] jurors;
    uint8[5] sealedVotes; // verdicts
    bool[5] hasVoted;
    uint8[5] votes;
}

struct Juror {
    uint32 seats;
    uint32 engaged;
    uint64 fine;
}

struct Pool {
    address[] seats;
    uint32 drawing;
    mapping(address juror => Juror) jurors;
}

/// @notice An account's money, in units.
struct Purse {
    uint64 free;
    uint64 locked;
    uint64 owed;
    uint64 unbonding;
    uint40 availableAt;
}

/// @notice A workflow as the suite remembers it.
struct Flow {
    address requester;
    address coordinator;
    uint40 deadline;
    uint40 endedAt;
    uint32 tail; // longest claim time plus window
    uint16 feeBps;
    uint8 status; // 1 open, 2 completed, 3 cancelled
    bool hasFinal;
    bool feeSettled;
    uint32 tasks;
    uint64 escrow;
    uint64 spent; // on live claims, batches, disputes and paid tasks
    uint64 paid;
    uint64 refunded;
    uint64 fee;
    uint64 late; // spent on claims that had run out, but that nobody had ended, when the fee was paid
    uint32 disputes; // open ones
    uint32 silenceDelay;
    uint40 silentAt;
    address silentBy;
    bytes32 completion;
    bytes32 stepsRoot;
    uint64[] strikes; // struck attempts, as sources
    StepTerms[] steps;
}

/// @notice A workflow as the market shows it.
struct FlowView {
    address requester;
    address coordinator;
    uint8 status;
    uint40 deadline;
    uint64 escrow;
    uint64 refunded;
    uint64 spent;
    uint200 terms;
    uint40 endedAt;
    bytes32 completion;
}

/// @notice One commitment call: of all of the claim, or of a part, into another slot.
struct Commit {
    Claim claim;
    uint192 part; // zero: all
    uint16 partSlot;
    bytes acceptance;
    bool oneShort; // leaves the last commitment out
}

/// @notice One claim call, for `claim`, which does not exist yet.
struct Wish {
    Claim claim;
    uint40 claimBy;
    StepTerms[] steps;
    bytes signature;
    Claim[] over; // expired claims of others to take tasks over from
    bool spoiled; // signature or opening don't fit: must be refused
}

/// @notice Who sends an operator's call.
struct Sender {
    address by;
    bool isFor; // by advanceFor
    bool isAllowed;
}
