// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Dispute, Fate, Juror, Jury} from "../../libraries/DisputeLib.sol";

/// @title The state, for auditors and clients
interface IMarketViews {
    /// @return units that came in less those that went out
    function held() external view returns (uint64);
    /// @return free stake, units
    /// @return locked bonds, units
    /// @return owed rewards, refunds, shares and fees, units
    function accountOf(address account) external view returns (uint64 free, uint64 locked, uint64 owed);
    function unbondingOf(address operator) external view returns (uint64 amount, uint40 availableAt);
    /// @return delegate who may act for the operator; zero: nobody
    function delegateOf(address operator) external view returns (address delegate);
    /// @return requester the workflow's owner
    /// @return coordinator who signs assignments
    /// @return status 0 none, 1 open, 2 completed, 3 cancelled
    /// @return feeBps the coordinator's fee in basis points of what is spent
    /// @return deadline last time for claims
    /// @return escrow units, all that was ever paid in
    /// @return refunded units credited back to the requester
    /// @return terms digest of the coordinator and the Merkle root over the steps' terms
    /// @return endedAt when it was completed or cancelled, at the latest its deadline; zero while it is open
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
            uint200 terms,
            uint40 endedAt
        );
    /// @return claimed one bit per task of the word
    /// @return spent units of live claims, commitments and settled pay
    function taskWordOf(uint48 workflow, uint16 word) external view returns (uint192 claimed, uint64 spent);
    /// @return attempt the last attempt of a task that ended without pay
    /// @return open whether a later attempt can claim it
    function retryOf(uint48 workflow, uint32 task) external view returns (uint16 attempt, bool open);
    /// @return what became of one attempt
    function fateOf(uint48 workflow, uint32 task, uint16 attempt) external view returns (Fate memory);
    /// @param key names workflow, task and attempt (see DisputeLib)
    function disputeOf(bytes32 key) external view returns (Dispute memory);
    function juryOf(bytes32 key) external view returns (Jury memory);
    /// @return seats how many there are
    /// @return drawing how many juries wait for their draw
    function poolOf(bytes32 checkProgram) external view returns (uint256 seats, uint32 drawing);
    function seatOf(bytes32 checkProgram, uint256 seat) external view returns (address juror);
    function jurorOf(bytes32 checkProgram, address juror) external view returns (Juror memory);
    /// @return state 0 empty, 1 claimed, 2 committed, 3 credited
    /// @return time deadline or maturity
    /// @return removed tasks that left the batch with pay and bond
    /// @return voided tasks of the batch that are unpaid
    /// @return digest what the ticket, and the commitments, hash to
    function slotOf(
        address operator,
        uint16 slot
    ) external view returns (uint8 state, uint40 time, uint8 removed, uint8 voided, uint200 digest);
    /// @return completion keccak256(abi.encode(verifier, statementDigest)) of the verified final proof, or zero.
    function completionOf(uint48 workflow) external view returns (bytes32 completion);
    /// @return the 32 bytes that an operator commits for one task
    function commitmentOf(
        uint48 workflow,
        uint32 task,
        uint16 attempt,
        address operator,
        bytes32 root,
        bytes32 resultDigest
    ) external view returns (bytes32);
}
