// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Verdict} from "../libraries/DisputeLib.sol";
import {StepTerms, Ticket, WorkflowTerms} from "./MarketTypes.sol";

/// @title What an auditor needs to recompute every balance, claim and slash
interface IMarketEvents {
    // ---------------------------------------------------------------- money

    event StakeDeposited(address indexed operator, address indexed from, uint64 amount);
    event UnbondingStarted(address indexed operator, uint64 amount, uint40 availableAt);
    event StakeWithdrawn(address indexed operator, address indexed to, uint64 amount);
    event OwedWithdrawn(address indexed account, address indexed to, uint64 amount);
    /// @notice `delegate` may act for the operator from now on, instead of any other; zero: nobody.
    event DelegateSet(address indexed operator, address indexed delegate);

    // ---------------------------------------------------------------- workflows

    event WorkflowOpened(
        uint48 indexed workflow,
        address indexed requester,
        address indexed coordinator,
        WorkflowTerms terms,
        StepTerms[] steps,
        uint64 escrow
    );
    event EscrowToppedUp(uint48 indexed workflow, uint64 amount);
    event DeadlineExtended(uint48 indexed workflow, uint40 deadline);
    event CoordinatorReplaced(uint48 indexed workflow, address indexed coordinator);
    event WorkflowCancelled(uint48 indexed workflow);
    event WorkflowCompleted(uint48 indexed workflow, address verifier, bytes32 statementDigest);
    event EscrowRefunded(uint48 indexed workflow, uint64 amount);
    event FeePaid(uint48 indexed workflow, address indexed coordinator, uint64 amount);

    // ---------------------------------------------------------------- work

    /// @notice The operator settled, committed and claimed: `facts` are those of its operations (see OperationsLib). With the block's
    /// time they say everything: tickets, deadlines, maturities, pay.
    event Advanced(address indexed operator, bytes facts);
    event FinalAccepted(
        address indexed operator,
        uint48 indexed workflow,
        uint32 task,
        uint16 slot,
        bytes32 statementDigest,
        bytes32 resultDigest,
        uint64 pay,
        uint64 bond
    );
    /// @notice Tasks of a live claim went back. `penalty` is burned; zero with the coordinator's signature, or for `concede`.
    event Released(
        address indexed operator,
        uint48 indexed workflow,
        uint16 slot,
        uint16 word,
        uint192 mask,
        uint64 penalty
    );
    event Conceded(address indexed operator, uint48 indexed workflow, uint16 slot, bytes32[] commitments);
    /// @dev A take-over may end a part of the claim: `mask` are the tasks that ended now.
    event Expired(
        address indexed operator,
        uint48 indexed workflow,
        uint16 slot,
        uint16 word,
        uint192 mask,
        address indexed by,
        uint64 penalty,
        uint64 gasRefund,
        uint64 burned
    );

    // ---------------------------------------------------------------- disputes

    /// @notice A whole bond was slashed. `pot` waits for those who built on the result; what is left of the bond burns.
    event Struck(
        address indexed operator,
        uint48 indexed workflow,
        uint32 task,
        uint16 attempt,
        address indexed challenger,
        uint16 slot,
        uint64 bond,
        uint64 toChallenger,
        uint64 toRequester,
        uint64 pot
    );
    /// @notice A result, in its batch or in dispute, was built on a struck one: unpaid, but for the compensation out of the culprit's pot.
    event Voided(
        address indexed operator,
        uint48 indexed workflow,
        uint32 task,
        uint16 attempt,
        uint16 slot,
        uint32 culprit,
        uint64 compensation
    );
    /// @notice A task left its batch for a dispute; `key` names workflow, task and attempt (see DisputeLib).
    event Demanded(
        address indexed operator,
        uint48 indexed workflow,
        bytes32 indexed key,
        address caller,
        uint16 slot,
        uint64 bond,
        uint40 until
    );
    event Revealed(
        address indexed operator,
        uint48 indexed workflow,
        bytes32 indexed key,
        address revealer,
        uint64 bond,
        uint40 until,
        bytes result
    );
    /// @notice A dispute's caller has `back` units of its bond free again; `spent` went to others.
    event CallEnded(address indexed caller, bytes32 indexed key, uint64 back, uint64 spent);
    event DisputePaid(address indexed operator, uint48 indexed workflow, bytes32 indexed key, uint64 pay, uint64 bond);
    event DisputeVoided(address indexed operator, uint48 indexed workflow, bytes32 indexed key, uint64 bond);

    // ---------------------------------------------------------------- juries

    event SeatsTaken(address indexed juror, bytes32 indexed checkProgram, uint32 count);
    event SeatLeft(address indexed juror, bytes32 indexed checkProgram, uint256 seat, uint64 burned);
    /// @notice A task of a live claim left it for a jury.
    event Appealed(
        address indexed operator,
        uint48 indexed workflow,
        bytes32 indexed key,
        uint16 slot,
        bytes32 resultDigest
    );
    event JuryCalled(
        address indexed operator,
        uint48 indexed workflow,
        bytes32 indexed key,
        address caller,
        uint16 slot,
        uint64 bond,
        bytes32 checkProgram,
        uint64 drawBlock
    );
    event DrawPostponed(bytes32 indexed key, uint64 drawBlock);
    event JuryDrawn(bytes32 indexed key, address[5] jurors, uint40 until);
    /// @notice There were too few jurors without a part in the case: it stands as revealed until then, an appeal ends void.
    event CaseDismissed(address indexed operator, uint48 indexed workflow, bytes32 indexed key, uint40 until);
    event Voted(bytes32 indexed key, address indexed juror, bytes32 sealedVote);
    event VoteOpened(bytes32 indexed key, address indexed juror, Verdict verdict);
    event CaseClosed(
        address indexed operator,
        uint48 indexed workflow,
        bytes32 indexed key,
        Verdict verdict,
        uint64 fees
    );

    // ---------------------------------------------------------------- silence

    event SilenceDeclared(uint48 indexed workflow, address indexed by, uint64 bond);
    event SilenceAnswered(uint48 indexed workflow, address indexed by, uint64 bond);
    event SilenceEnded(uint48 indexed workflow, address indexed by, uint64 bond);
    event OpenClaimed(
        address indexed operator,
        uint48 indexed workflow,
        uint16 slot,
        Ticket ticket,
        bytes32 root,
        bytes32 judgeHash,
        uint40 deadline
    );
}
