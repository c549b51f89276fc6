// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// The market's types. Amounts are in units (see IMarket.UNIT), times in seconds.

/// @notice How the validity of a step's result is decided.
enum Rule {
    Verifier, // an adapter answers on-chain
    Accepted, // committing needs the coordinator's signed acceptance
    Jury // jurors run the step's check program
}

/// @notice What one step may cost and how it is judged.
/// @dev Only the Merkle root over a workflow's steps is kept; a claim opens its step's leaf (see StepCoreLib, StepsLib).
struct StepTerms {
    uint32 firstTask; // index in the workflow of the step's first task
    uint32 maxTasks; // the step owns task indices [firstTask, firstTask + maxTasks)
    uint64 ceiling; // most that one task may be paid
    uint64 bond; // locked by the operator for each claimed task
    uint32 claimTime; // from claim to commitment
    uint32 window; // from commitment to maturity: time to challenge
    Rule rule;
    bool isFinal; // its verified proof completes the workflow
    JudgeTerms judge;
}

/// @notice What only disputes need of a step. Every ticket of the step carries the hash.
struct JudgeTerms {
    address verifier; // adapter, or zero unless the rule is Verifier
    uint32 verifierGas; // least gas that a verifier's "no" must have been given
    uint32 maxReveal; // largest result, in bytes, whose revelation can be demanded
    bytes32 checkProgram; // digest of the program that jurors run; zero: no jury can be called
    uint64 jurorFee; // what each juror of the majority earns, out of the caller's bond
    bytes32 openRoot; // root over leaves (attempt 0) that anybody may claim once the coordinator is silent; zero: none
}

/// @notice What a requester fixes when it opens a workflow.
struct WorkflowTerms {
    bytes32 specHash; // SHA-256 of the canonical spec
    bytes32 key; // the requester's idempotency key, only logged
    address coordinator;
    uint16 feeBps; // coordinator's fee: basis points of what was spent
    uint40 deadline; // no claim after it
    uint32 silenceDelay; // how long a coordinator that was declared silent has to answer; zero: it can't be declared silent
}

/// @notice The immutable description of one claim of tasks of one step, at one price, or of a part of it. Three words that travel in
/// calldata; the contract keeps only their hash (see TicketLib for the packing).
struct Ticket {
    uint256 money; // workflow 48 | price 56 | bond 56 | window 24 | rule 8 | count 8 | open 8 (high to low, 48 spare bits below)
    uint256 scope; // spare 24 | word 16 | step 8 | attempt 16 | mask 192: which tasks of the 192-task word
    bytes32 bound; // keccak256 of the root over the assignment's leaves and the hash of the step's JudgeTerms
}

/// @notice One task's line under an assignment's root.
struct Leaf {
    uint32 task; // index in the workflow
    uint16 attempt;
    bytes32 inputsDigest; // see InputsLib: program, parameters, and each input with the task that it came from
    bytes32 statementDigest; // SHA-256 of the statement, or zero
    bytes32 decisionDigest; // SHA-256 of the matchmaker's decision record
}

/// @notice An operator's signed word that its result for a task is this one.
struct Receipt {
    bytes32 resultDigest; // SHA-256 of the result
    bytes32[] path; // from the commitment to that result to the root of all that were signed with it
    bytes signature; // of that root: EIP-712, see AssignmentLib
}

/// @notice A leaf with its path to an assignment's root.
struct LeafOpening {
    Leaf leaf;
    bytes32[] path;
}

/// @notice One commitment, opened out of its batch.
struct CommitmentOpening {
    uint256 position; // of the task among the ticket's tasks
    bytes32[] chunk; // the 16 (or fewer) commitments around it
    bytes32[] chunkHashes; // the hashes of all chunks of the batch
}

/// @notice A batch in an operator's slot, and one task of it.
struct BatchOpening {
    address operator;
    uint16 slot;
    Ticket ticket;
    bytes32 root; // of the assignment: with the terms' hash it makes the ticket's `bound`
    CommitmentOpening commitment;
}
