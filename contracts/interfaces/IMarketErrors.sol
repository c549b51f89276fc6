// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Phase} from "../libraries/DisputeLib.sol";
import {Rule} from "./MarketTypes.sol";

/// @title Why the market refuses a call
interface IMarketErrors {
    // ---------------------------------------------------------------- money

    /// @notice A value is zero, does not fit 64 bits of units, or is not what came with the call.
    error AmountInvalid(uint256 value);
    error ZeroAddress();
    /// @notice An operator's whole stake would be, or is, below `MIN_STAKE`.
    error StakeBelowMinimum(uint64 stake, uint64 minimum);
    /// @notice Free stake does not cover an amount.
    error StakeInsufficient(uint256 free, uint256 needed);
    error NothingUnbonding();
    error StillUnbonding(uint40 availableAt);
    error NothingOwed(address account);
    /// @notice The receiver, or the token, refused a payment.
    error PaymentFailed(address to);
    /// @notice The token moved another amount than it was asked to: fees on transfers and rebasing amounts are not supported.
    error TokenShort(uint256 received, uint256 expected);
    /// @notice This deployment's currency has no permits.
    error NotAToken();
    /// @notice Only the market's own address runs this code.
    error NotTheMarket();

    // ---------------------------------------------------------------- workflows

    error WorkflowUnknown(uint48 workflow);
    /// @notice The workflow is completed, cancelled or past its deadline; or, where that is about a claim, it was completed too long ago.
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
    /// @notice A final step that is not verified on-chain, or a jury step without a check program.
    error RuleRefused(uint256 step, Rule rule);
    /// @notice No code, or code that its account can change (an EIP-7702 delegation).
    error VerifierWithoutCode(address verifier);
    error NothingToRefund(uint48 workflow);
    /// @notice The fee is due after `dueAt`, or was paid (`dueAt` zero).
    error FeeNotDue(uint48 workflow, uint256 dueAt);
    /// @notice The fee waits for that many disputes, which anyone can close once they are over.
    error DisputesOpen(uint48 workflow, uint256 disputes);
    /// @notice The coordinator was not declared silent, or still has time to answer (until `until`).
    error NotSilent(uint48 workflow, uint256 until);
    /// @notice It was declared silent before and has not answered.
    error SilentAlready(uint48 workflow);

    // ---------------------------------------------------------------- work

    /// @notice The caller is neither the operator nor its delegate.
    error NotOperator(address caller, address operator);
    /// @notice The bytes end before, or after, what they announce.
    error OperationsMalformed();
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
    /// @notice Attempts count from 1; an open claim's is the next one.
    error AttemptInvalid(uint16 attempt);
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

    // ---------------------------------------------------------------- evidence

    /// @notice The leaf is not of this task and attempt, or not under the ticket's root.
    error LeafMismatch(uint32 task, uint16 attempt);
    error StatementMismatch(bytes32 digest, bytes32 signed);
    error CommitmentMismatch(bytes32 commitment, bytes32 committed);
    /// @notice The task has left its batch: struck, or moved into a dispute.
    error AlreadyStruck(uint32 task, uint16 attempt);
    /// @notice The result is void already.
    error AlreadyVoid(uint32 task, uint16 attempt);
    /// @notice The verifier could not be given the gas that the terms promise.
    error VerifierGasShort(uint256 gasLeft, uint256 needed);
    /// @notice The verifier says yes, so there is nothing to strike.
    error ResultValid(address verifier);
    /// @notice The verifier says no to a final proof.
    error ResultInvalid(address verifier);

    // ---------------------------------------------------------------- disputes

    /// @notice The dispute is not in the phase that the call needs.
    error DisputePhase(bytes32 key, Phase phase);
    /// @notice Results of this step can't be demanded.
    error NotRevealable(uint48 workflow);
    error ResultTooLarge(uint256 size, uint256 most);
    /// @notice The opened inputs are not those that were signed.
    error InputsMismatch(bytes32 signed);
    /// @notice The input is the requester's, or of an attempt that was not struck.
    error InputNotStruck(uint64 source);
    /// @notice Both are of the same result.
    error SameResult(bytes32 resultDigest);
    /// @notice The step has no check program, or too few jurors have seats for it.
    error JuryMissing(bytes32 checkProgram, uint256 seats, uint256 needed);
    /// @notice A draw is pending; nobody joins or leaves before it.
    error PoolDrawing(bytes32 checkProgram);
    error NotYourSeat(bytes32 checkProgram, uint256 seat);
    /// @notice The juror sits on as many juries as it has seats.
    error SeatEngaged(bytes32 checkProgram, address juror);
    error DrawTooEarly(bytes32 key, uint64 drawBlock);
    error NotJuror(bytes32 key, address caller);
    /// @notice The vote opened is not the one that was committed.
    error VoteMismatch(bytes32 key, address juror);
}
