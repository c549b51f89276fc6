// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ticket, Receipt, BatchOpening} from "../MarketTypes.sol";

/// @title Two results for one attempt
interface IMarketEquivocation {
    /// @notice Strikes a task of an unmatured batch whose receipt is of another result than its commitment.
    /// @param judgeHash hash of the step's JudgeTerms
    function strikeReceipt(
        BatchOpening calldata batch,
        bytes32 judgeHash,
        uint32 task,
        Receipt calldata receipt
    ) external;
    /// @notice Strikes a task in dispute whose receipt is of another result than its commitment.
    function strikeReceiptDisputed(bytes32 key, bytes32 root, bytes32 judgeHash, Receipt calldata receipt) external;
    /// @notice Strikes a task of a claim that is not committed yet, with two receipts that differ.
    /// @param root of the assignment
    /// @param judgeHash hash of the step's JudgeTerms
    function strikeReceipts(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        bytes32 root,
        bytes32 judgeHash,
        uint32 task,
        Receipt calldata one,
        Receipt calldata other
    ) external;
}
