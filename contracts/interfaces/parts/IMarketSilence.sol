// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {StepTerms, LeafOpening} from "../MarketTypes.sol";

/// @title Coordinators that fall silent
interface IMarketSilence {
    /// @notice Declares a workflow's coordinator silent; locks a bond of LATE_GAS_REFUND, which pays for its answer.
    function declareSilent(uint48 workflow) external;
    /// @notice The coordinator answers, at any time: nobody else opens tasks any more, and the bond is the coordinator's.
    function answerSilence(uint48 workflow) external;
    /// @notice Gives the declarer its bond back: the coordinator did not answer in time, or the workflow is over. Anyone may call it.
    function endSilence(uint48 workflow) external;
    /// @notice Claims tasks of a silent coordinator's workflow, at the step's ceiling. The leaves' indices rise and lie in one word of
    /// 192; each is open or was never claimed (end expired claims with `expire` first).
    /// @param step index of the step
    /// @param path of the step's terms to the steps' root
    /// @param attempt one above the highest that ended among these tasks; 1 if none was claimed before
    function claimOpen(
        address operator,
        uint16 slot,
        uint48 workflow,
        uint8 step,
        StepTerms calldata terms,
        bytes32[] calldata path,
        uint16 attempt,
        LeafOpening[] calldata leaves
    ) external;
}
