// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {StepTerms} from "../interfaces/MarketTypes.sol";

/// @notice What a claim needs of a step, in one word (high to low): ceiling 56 | bond 56 | firstTask 24 | maxTasks 24 | claimTime 24 |
/// window 24 | rule 8 | isFinal 8 | step 8 | 24 zeros.
type StepCore is uint256;

using StepCoreLib for StepCore global;

/// @title Packing of a step's claim terms
library StepCoreLib {
    /// @notice Units.
    function ceiling(StepCore c) internal pure returns (uint56) {
        return uint56(StepCore.unwrap(c) >> 200);
    }

    /// @notice Units.
    function bond(StepCore c) internal pure returns (uint56) {
        return uint56(StepCore.unwrap(c) >> 144);
    }

    function firstTask(StepCore c) internal pure returns (uint24) {
        return uint24(StepCore.unwrap(c) >> 120);
    }

    function maxTasks(StepCore c) internal pure returns (uint24) {
        return uint24(StepCore.unwrap(c) >> 96);
    }

    /// @notice Seconds.
    function claimTime(StepCore c) internal pure returns (uint24) {
        return uint24(StepCore.unwrap(c) >> 72);
    }

    /// @notice Seconds.
    function window(StepCore c) internal pure returns (uint24) {
        return uint24(StepCore.unwrap(c) >> 48);
    }

    function rule(StepCore c) internal pure returns (uint8) {
        return uint8(StepCore.unwrap(c) >> 40);
    }

    function isFinal(StepCore c) internal pure returns (bool) {
        return uint8(StepCore.unwrap(c) >> 32) != 0;
    }

    function step(StepCore c) internal pure returns (uint8) {
        return uint8(StepCore.unwrap(c) >> 24);
    }

    /// @notice keccak256(keccak256(core, judgeHash)).
    function leafHash(StepCore c, bytes32 judgeHash) internal pure returns (bytes32 h) {
        assembly ("memory-safe") {
            mstore(0x00, c)
            mstore(0x20, judgeHash)
            mstore(0x00, keccak256(0x00, 0x40))
            h := keccak256(0x00, 0x20)
        }
    }

    /// @dev Fields must fit, see StepsLib.
    function pack(uint8 step_, StepTerms calldata s) internal pure returns (StepCore) {
        return
            StepCore.wrap(
                (uint256(s.ceiling) << 200) |
                    (uint256(s.bond) << 144) |
                    (uint256(s.firstTask) << 120) |
                    (uint256(s.maxTasks) << 96) |
                    (uint256(s.claimTime) << 72) |
                    (uint256(s.window) << 48) |
                    (uint256(uint8(s.rule)) << 40) |
                    (s.isFinal ? 1 << 32 : 0) |
                    (uint256(step_) << 24)
            );
    }
}
