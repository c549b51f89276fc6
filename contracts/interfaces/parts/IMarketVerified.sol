// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JudgeTerms, Ticket, LeafOpening, BatchOpening} from "../MarketTypes.sol";

/// @title What a verifier decides
interface IMarketVerified {
    /// @notice Strikes one committed result with its verifier's "no".
    function challenge(
        BatchOpening calldata batch,
        JudgeTerms calldata judge,
        LeafOpening calldata leaf,
        bytes calldata statement,
        bytes calldata result
    ) external;
    /// @notice Delivers the final step's proof, which is verified here and now; pays at once and completes the workflow.
    function submitFinal(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        bytes32 root,
        JudgeTerms calldata judge,
        LeafOpening calldata leaf,
        bytes calldata statement,
        bytes calldata result
    ) external;
}
