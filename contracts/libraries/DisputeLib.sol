// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Where a dispute stands. Times are in `Dispute.until`.
enum Phase {
    None,
    Demanded, // the operator has until then to reveal the result
    Revealed, // the result is known (or never was in doubt): until then it can be struck, after it the task is paid
    Drawing, // a jury was called; its draw waits for a block
    Voting, // jurors commit their votes until then
    Opening, // jurors open their votes until then
    Closed
}

/// @notice What jurors can find.
enum Verdict {
    None,
    Valid,
    Invalid,
    InputsWrong,
    Unavailable
}

/// @notice What became of one attempt at a task, as far as the retry record does not say it. Each attempt has its own: a void one and
/// a later one can be in batches at a time.
struct Fate {
    bool isVoid; // unpaid: its price is back in the escrow, only its bond is at stake
    bool hasLeft; // void, it has left its batch with its bond: struck
    bool isStruck; // but not the first one of its task
    uint64 pot; // units that are left of this strike for those who built on the result
}

/// @notice One task that has left its batch (or claim) with its pay and bond. The bond stays locked in the operator's account, the
/// price stays spent in the workflow's word until it closes.
struct Dispute {
    uint256 money; // the ticket's: workflow, price, bond, window, rule
    bytes32 bound; // the ticket's
    bytes32 commitment;
    address operator;
    uint40 until; // seconds
    Phase phase;
    uint16 slot; // where the task came from, only logged
    bool isAppeal; // its coordinator did not accept it: without a verdict it is unpaid
    address caller; // who demanded, or called the jury
    uint64 callerBond; // units, locked in the caller's account
    uint32 maxReveal; // bytes; zero: its data was never demanded
}

/// @notice The jury of a dispute.
struct Jury {
    bytes32 checkProgram;
    uint64 jurorFee; // units
    uint64 drawBlock; // whose hash decides
    uint8 drawn;
    address[5] jurors;
    uint8[5] votes; // Verdict
    bytes32[5] sealedVotes;
}

/// @notice Seats of those who judge by one check program. Every seat has the same bond, so who stakes more sits more often.
struct Pool {
    address[] seats;
    uint32 drawing; // juries that wait for their draw: until then nobody joins or leaves
    mapping(address juror => Juror) jurors;
}

struct Juror {
    uint32 seats;
    uint32 engaged; // juries that it sits on
    uint64 fine; // units, taken out of its seats' bonds when it leaves
}

/// @title Names of disputes
library DisputeLib {
    /// @notice One dispute per task and attempt.
    function keyOf(uint48 workflow, uint256 task, uint256 attempt) internal pure returns (bytes32) {
        return bytes32((uint256(workflow) << 48) | (task << 16) | attempt);
    }

    function workflowOf(bytes32 key) internal pure returns (uint48) {
        return uint48(uint256(key) >> 48);
    }

    function taskOf(bytes32 key) internal pure returns (uint32) {
        return uint32(uint256(key) >> 16);
    }

    function attemptOf(bytes32 key) internal pure returns (uint16) {
        return uint16(uint256(key));
    }
}
