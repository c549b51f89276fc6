// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice How the validity of a step's result is decided.
enum Rule {
    Verifier, // an adapter answers on-chain
    Accepted, // committing needs the coordinator's signed acceptance
    Jury // jurors run the step's check program
}

/// @notice What one step may cost and how it is judged. Amounts are in units (see `UNIT`), times in seconds.
/// @dev Only the Merkle root over a workflow's steps is stored; whoever needs a step's terms opens its leaf.
struct StepTerms {
    uint32 firstTask; // index in the workflow of the step's first task
    uint32 maxTasks; // the step owns task indices [firstTask, firstTask + maxTasks)
    uint64 ceiling; // most that one task may be paid
    uint64 bond; // locked by the operator for each claimed task
    uint32 claimTime; // from claim to commitment
    uint32 window; // from commitment to maturity: time to challenge
    uint32 maxReveal; // largest result, in bytes, whose revelation can be demanded
    uint32 verifierGas; // least gas that a verifier's "no" must have been given
    address verifier; // adapter, or zero unless the rule is Verifier
    Rule rule;
    bool isFinal; // its verified proof completes the workflow
}

/// @notice What a requester fixes when it opens a workflow.
struct WorkflowTerms {
    bytes32 specHash; // SHA-256 of the canonical spec
    bytes32 key; // the requester's idempotency key, only logged
    address coordinator;
    uint16 feeBps; // coordinator's fee: basis points of what was spent
    uint40 deadline; // no claim after it
}

/// @notice The immutable description of one claim of tasks of one step, at one price. Three words that travel in calldata; the
/// contract keeps only their hash (see TicketLib for the packing).
struct Ticket {
    uint256 head; // workflow 48 | step 8 | attempt 16 | word 16 | price 56 | bond 56 | deadline 40 | rule 8 (high to low, 8 spare bits on top)
    uint256 tail; // spare 32 | window 32 (zero for a final step, which `submitFinal` alone ends) | mask 192: which tasks of the 192-task word
    bytes32 root; // Merkle root over the assignment's leaves
}

/// @notice The coordinator's signed offer. EIP-712 typed, see AssignmentLib.
struct Assignment {
    uint48 workflow;
    uint8 step;
    uint16 attempt; // the same for all its tasks
    uint16 word; // task index = word * 192 + bit
    uint192 mask;
    uint64 price; // units per task
    uint40 claimBy;
    bytes32 root;
}

/// @notice One task's line under an assignment's root.
struct Leaf {
    uint32 task; // index in the workflow
    uint16 attempt;
    bytes32 inputsDigest; // over the digests of the task's inputs
    bytes32 statementDigest; // SHA-256 of the statement, or zero
    bytes32 decisionDigest; // SHA-256 of the matchmaker's decision record
}

/// @notice A step's terms with the path to the workflow's steps root.
struct TermsOpening {
    StepTerms terms;
    bytes32[] path;
}

/// @notice Credit a matured batch.
struct SettleCall {
    uint256 slot;
    Ticket ticket;
    bytes32 commitmentsRoot;
}

/// @notice Commit results of a live claim; of all its tasks, or of `subMask` only, which then move to `partSlot`.
struct CommitCall {
    uint256 slot;
    Ticket ticket;
    uint192 subMask; // zero: all tasks of the ticket
    uint256 partSlot; // where a part goes; ignored when subMask is zero
    bytes32[] commitments; // one per task, by rising index
    bytes acceptance; // the coordinator's signature, for rule Accepted
}

/// @notice Take over those tasks of an expired claim that the new claim asks for; the others stay in the holder's slot.
struct TakeOver {
    address holder;
    uint256 slot;
    Ticket ticket;
}

/// @notice Claim tasks of an assignment into a slot that is empty or credited.
struct ClaimCall {
    uint256 slot;
    Assignment assignment;
    uint192 claimMask; // zero: the assignment's whole mask
    bytes signature; // the coordinator's, over the assignment and msg.sender
    TermsOpening opening;
    TakeOver[] takeOvers;
}

/// @notice One commitment, opened out of its batch.
struct CommitmentOpening {
    uint256 position; // of the task among the ticket's tasks
    bytes32[] chunk; // the 16 (or fewer) commitments around it
    bytes32[] chunkHashes; // the hashes of all chunks of the batch
}

/// @title The proof market: escrow, stake, claims, commitments, challenges, settlement
/// @notice See contracts/README.md for the state tables and the invariants.
interface IMarket {
    // ---------------------------------------------------------------- errors: money

    /// @notice A value is not a multiple of `UNIT`, is zero, or does not fit 64 bits of units.
    error AmountInvalid(uint256 value);
    error ZeroAddress();
    /// @notice An operator's whole stake would be, or is, below `MIN_STAKE`.
    error StakeBelowMinimum(uint64 stake, uint64 minimum);
    /// @notice Free stake does not cover an amount.
    error StakeInsufficient(uint256 free, uint256 needed);
    error NothingUnbonding();
    error StillUnbonding(uint40 availableAt);
    error NothingOwed(address account);
    /// @notice The receiver refused a payment.
    error PaymentFailed(address to);

    // ---------------------------------------------------------------- errors: workflows

    error WorkflowUnknown(uint48 workflow);
    /// @notice The workflow is completed, cancelled or past its deadline.
    error WorkflowClosed(uint48 workflow);
    /// @notice The workflow can still be claimed from.
    error WorkflowOpen(uint48 workflow);
    error NotRequester(address caller);
    error NotCoordinator(address caller);
    /// @notice A workflow with a final step is completed by its proof alone.
    error FinalProofMissing(uint48 workflow);
    /// @notice A term of the workflow lies outside its limits; `term` is its name in ASCII.
    error TermOutOfRange(bytes32 term, uint256 value, uint256 least, uint256 most);
    /// @notice A term of step `step` lies outside its limits; `term` is its name in ASCII.
    error StepTermOutOfRange(uint256 step, bytes32 term, uint256 value, uint256 least, uint256 most);
    /// @notice Rules that this deployment can't judge, or a final step that is not verified on-chain.
    error RuleRefused(uint256 step, Rule rule);
    error VerifierWithoutCode(address verifier);
    error NothingToRefund(uint48 workflow);
    /// @notice The fee is due at `dueAt`, or was paid (`dueAt` zero).
    error FeeNotDue(uint48 workflow, uint256 dueAt);

    // ---------------------------------------------------------------- errors: work

    /// @notice The slot holds neither nothing nor a credited batch.
    error SlotBusy(uint256 slot);
    /// @notice The slot is not in the state that the call needs.
    error SlotState(uint256 slot, uint8 state, uint8 needed);
    /// @notice Ticket or commitments are not those that the slot's digest stands for.
    error DigestMismatch(uint256 slot);
    /// @notice A mask is empty, too large, or not within the mask it must lie in.
    error MaskInvalid(uint192 mask, uint192 within);
    error TaskOutOfStep(uint16 word, uint192 mask, uint32 firstTask, uint32 maxTasks);
    /// @notice Tasks are held by someone, were settled, or are fenced by a later attempt.
    error TaskTaken(uint32 task, uint16 attempt);
    error StepsMismatch(uint48 workflow, uint8 step);
    error PriceAboveCeiling(uint64 price, uint64 ceiling);
    /// @notice `claimBy` has passed, or lies more than one claim time ahead.
    error ClaimByInvalid(uint40 claimBy, uint256 latest);
    error SignatureInvalid(address signer);
    error DeadlinePassed(uint40 deadline);
    error DeadlineNotPassed(uint40 deadline);
    error NotMatured(uint40 maturesAt);
    error Matured(uint40 maturesAt);
    error CommitmentCount(uint256 count, uint256 needed);
    /// @notice A final step's task is ended by `submitFinal`, not by a commitment.
    error FinalTask(uint48 workflow);
    error RuleMismatch(Rule rule, Rule needed);
    error OwnClaim(address operator);
    error TakeOverInvalid(address holder, uint256 slot);

    // ---------------------------------------------------------------- errors: evidence

    /// @notice The leaf is not of this task and attempt, or not under the ticket's root.
    error LeafMismatch(uint32 task, uint16 attempt);
    error StatementMismatch(bytes32 digest, bytes32 signed);
    error CommitmentMismatch(bytes32 commitment, bytes32 committed);
    error AlreadyStruck(uint32 task, uint16 attempt);
    /// @notice The verifier could not be given the gas that the terms promise.
    error VerifierGasShort(uint256 gasLeft, uint256 needed);
    /// @notice The verifier says yes, so there is nothing to strike.
    error ResultValid(address verifier);
    /// @notice The verifier says no to a final proof.
    error ResultInvalid(address verifier);

    // ---------------------------------------------------------------- events: money

    event StakeDeposited(address indexed operator, address indexed from, uint64 amount);
    event UnbondingStarted(address indexed operator, uint64 amount, uint40 availableAt);
    event StakeWithdrawn(address indexed operator, address indexed to, uint64 amount);
    event OwedWithdrawn(address indexed account, address indexed to, uint64 amount);

    // ---------------------------------------------------------------- events: workflows

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

    // ---------------------------------------------------------------- events: work

    event Claimed(address indexed operator, uint48 indexed workflow, uint256 slot, Ticket ticket);
    /// @dev A part (`ticket.mask` smaller than the claim's) leaves the rest of the claim in `fromSlot`.
    event Committed(
        address indexed operator,
        uint48 indexed workflow,
        uint256 fromSlot,
        uint256 slot,
        Ticket ticket,
        uint40 maturesAt,
        bytes32[] commitments
    );
    event Settled(address indexed operator, uint48 indexed workflow, uint256 slot, uint64 pay, uint64 bond);
    event FinalAccepted(
        address indexed operator,
        uint48 indexed workflow,
        uint32 task,
        uint256 slot,
        bytes32 statementDigest,
        bytes32 resultDigest,
        uint64 pay,
        uint64 bond
    );
    /// @dev Also for the coordinator-signed release and for `concede`; `mask` are the tasks that became claimable again.
    event Released(address indexed operator, uint48 indexed workflow, uint256 slot, uint16 word, uint192 mask);
    event Conceded(address indexed operator, uint48 indexed workflow, uint256 slot, bytes32[] commitments);
    /// @dev A take-over may end a part of the claim: `mask` are the tasks that ended now.
    event Expired(
        address indexed operator,
        uint48 indexed workflow,
        uint256 slot,
        uint16 word,
        uint192 mask,
        address indexed by,
        uint64 penalty,
        uint64 gasRefund,
        uint64 burned
    );
    event Struck(
        address indexed operator,
        uint48 indexed workflow,
        uint32 task,
        uint16 attempt,
        address indexed challenger,
        uint256 slot,
        uint64 bond,
        uint64 toChallenger,
        uint64 toRequester,
        uint64 burned
    );

    // ---------------------------------------------------------------- stake

    /// @notice Adds `msg.value` to an operator's free stake. The first deposit must reach `MIN_STAKE`.
    function deposit(address operator) external payable;
    /// @notice Moves free stake into unbonding; it can be withdrawn `UNBONDING_DELAY` seconds later.
    function startUnbonding(uint64 amount) external;
    function withdrawStake(address to) external;
    /// @notice Pays out everything owed to the caller: rewards, refunds, challenge shares, fees.
    function withdrawOwed(address to) external;

    // ---------------------------------------------------------------- workflows

    /// @notice Opens a workflow with `msg.value` as escrow, at least the sum of maxTasks * ceiling plus the fee on it.
    function openWorkflow(
        WorkflowTerms calldata terms,
        StepTerms[] calldata steps
    ) external payable returns (uint48 workflow);
    function topUp(uint48 workflow) external payable;
    function extendDeadline(uint48 workflow, uint40 deadline) external;
    function replaceCoordinator(uint48 workflow, address coordinator) external;
    /// @notice The requester stops new claims; live claims may still commit and be paid.
    function cancel(uint48 workflow) external;
    /// @notice The coordinator (or requester) declares that no task is left: stops new claims. For workflows without a final step.
    function finish(uint48 workflow) external;
    /// @notice Credits the requester with the escrow that can no longer be spent. Anyone may call it, again and again.
    function refund(uint48 workflow) external;
    /// @notice Credits the coordinator's fee once nothing of the workflow can change any more.
    function payFee(uint48 workflow) external;

    // ---------------------------------------------------------------- work

    /// @notice Settles, commits and claims, in this order, in one transaction.
    function advance(
        SettleCall[] calldata settles,
        CommitCall[] calldata commits,
        ClaimCall[] calldata claims
    ) external;
    /// @notice Delivers the final step's proof, which is verified here and now; pays at once and completes the workflow.
    function submitFinal(
        uint256 slot,
        Ticket calldata ticket,
        TermsOpening calldata opening,
        Leaf calldata leaf,
        bytes32[] calldata leafPath,
        bytes calldata statement,
        bytes calldata result
    ) external;
    /// @notice Gives tasks of a live claim back, free of penalty, with the coordinator's signature.
    function release(uint256 slot, Ticket calldata ticket, uint192 subMask, bytes calldata signature) external;
    /// @notice Under rule Accepted: ends tasks whose results the coordinator did not accept, unpaid and unpenalised.
    function concede(uint256 slot, Ticket calldata ticket, uint192 subMask, bytes32[] calldata commitments) external;
    /// @notice Ends a claim that is past its deadline; its tasks become claimable again.
    function expire(address operator, uint256 slot, Ticket calldata ticket) external;
    /// @notice Strikes one committed result with its verifier's "no".
    function challenge(
        address operator,
        uint256 slot,
        Ticket calldata ticket,
        TermsOpening calldata opening,
        CommitmentOpening calldata commitment,
        Leaf calldata leaf,
        bytes32[] calldata leafPath,
        bytes calldata statement,
        bytes calldata result
    ) external;

    // ---------------------------------------------------------------- views

    function UNIT() external view returns (uint256);
    function MIN_STAKE() external view returns (uint64);
    function UNBONDING_DELAY() external view returns (uint40);
    /// @notice Units that whoever ends an expired claim gets out of its penalty, at most the penalty.
    function LATE_GAS_REFUND() external view returns (uint64);
    function accountOf(address account) external view returns (uint64 free, uint64 locked, uint64 owed);
    function unbondingOf(address operator) external view returns (uint64 amount, uint40 availableAt);
    /// @return requester the workflow's owner
    /// @return coordinator who signs assignments
    /// @return status 0 none, 1 open, 2 completed, 3 cancelled
    /// @return feeBps the coordinator's fee in basis points of what is spent
    /// @return deadline last time for claims
    /// @return escrow units, all that was ever paid in
    /// @return refunded units credited back to the requester
    /// @return specHash SHA-256 of the canonical spec
    /// @return stepsRoot Merkle root over the steps' terms
    function workflowOf(
        uint48 workflow
    )
        external
        view
        returns (
            address requester,
            address coordinator,
            uint8 status,
            uint16 feeBps,
            uint40 deadline,
            uint64 escrow,
            uint64 refunded,
            bytes32 specHash,
            bytes32 stepsRoot
        );
    /// @return claimed one bit per task of the word
    /// @return spent units of live claims, commitments and settled pay
    function taskWordOf(uint48 workflow, uint16 word) external view returns (uint192 claimed, uint64 spent);
    /// @return attempt the last attempt of a task that was struck, released, conceded or expired
    /// @return open whether a later attempt can claim it
    function retryOf(uint48 workflow, uint32 task) external view returns (uint16 attempt, bool open);
    /// @return state 0 empty, 1 claimed, 2 committed, 3 credited
    /// @return time deadline or maturity
    /// @return struck tasks struck out of the batch
    /// @return digest what the ticket, and the commitments, hash to
    function slotOf(
        address operator,
        uint256 slot
    ) external view returns (uint8 state, uint40 time, uint8 struck, uint200 digest);
    /// @return completion keccak256(abi.encode(verifier, statementDigest)) of the verified final proof, or zero.
    function completionOf(uint48 workflow) external view returns (bytes32 completion);
    function commitmentOf(
        uint48 workflow,
        uint32 task,
        uint16 attempt,
        address operator,
        bytes32 root,
        bytes32 resultDigest
    ) external view returns (bytes32);
}
