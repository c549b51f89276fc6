// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JudgeTerms, BatchOpening} from "../MarketTypes.sol";

/// @title Demands for withheld data
interface IMarketDemands {
    /// @notice Demands the result of a task of an unmatured batch. The operator has one window to reveal it.
    /// @param task index in the workflow
    function demand(BatchOpening calldata batch, JudgeTerms calldata judge, uint32 task) external;
    /// @notice Demands a result whose case was dismissed: a jury that could not be drawn hides nothing.
    function demandDisputed(bytes32 key, bytes32 root, JudgeTerms calldata judge) external;
    /// @notice Reveals a demanded result. Whoever does gets the demander's bond; the result can be struck for another window.
    function reveal(bytes32 key, bytes32 root, bytes calldata result) external;
    /// @notice Ends a demand when its time is over: what was not revealed is struck, what was is paid. Anyone may call it.
    function closeDemand(bytes32 key) external;
    /// @notice Units that a demand costs: about the gas of revealing so many bytes.
    /// @param maxReveal bytes
    function demandBond(uint256 maxReveal) external view returns (uint256);
}
