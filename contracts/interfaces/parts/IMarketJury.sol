// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JudgeTerms, Ticket, BatchOpening} from "../MarketTypes.sol";
import {Verdict} from "../../libraries/DisputeLib.sol";

/// @title Juries
interface IMarketJury {
    /// @notice Takes seats among the jurors of a check program; each locks MIN_STAKE of free stake.
    /// @param count at most Limits.MAX_SEATS at a time
    function takeSeats(bytes32 checkProgram, uint32 count) external;
    /// @notice Leaves one seat; its bond is free again, less the juror's fines. As many seats as juries it sits on have to stay.
    /// @param seat number of the seat; the last one gets that number
    function leaveSeat(bytes32 checkProgram, uint256 seat) external;
    /// @notice Calls a jury on a task of an unmatured batch: its result may be wrong, or nowhere to be had, or its inputs wrong.
    function callJury(BatchOpening calldata batch, JudgeTerms calldata judge, uint32 task) external;
    /// @notice Calls a jury on a result that was revealed on demand, or whose case was dismissed, within its window.
    function callJuryDisputed(bytes32 key, bytes32 root, JudgeTerms calldata judge) external;
    /// @notice Appeals to a jury under rule Accepted: for an operator whose result the coordinator does not accept. The operator is
    /// the caller; if the jury finds its result wrong, its bond is struck.
    /// @param resultDigest SHA-256 of the result
    function appeal(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        bytes32 root,
        JudgeTerms calldata judge,
        uint32 task,
        bytes32 resultDigest
    ) external;
    /// @notice Draws the jury with the hash of the block that was named when it was called. Anyone may call it. Too late (256 blocks)
    /// names another block; without enough seats of people who have no part in the case, the case is dismissed:
    /// it stands as revealed, with what is left of its window, or ends unpaid if it is an appeal.
    function draw(bytes32 key) external;
    /// @notice Commits to a verdict: keccak256(abi.encode(key, juror, verdict, salt)).
    function vote(bytes32 key, bytes32 sealedVote) external;
    /// @notice Opens a verdict, in the window after the voting.
    function openVote(bytes32 key, Verdict verdict, bytes32 salt) external;
    /// @notice Ends the case once votes can't be opened any more. Anyone may call it.
    function closeCase(bytes32 key) external;
}
