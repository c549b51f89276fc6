// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JudgeTerms, LeafOpening} from "../MarketTypes.sol";

/// @title Results in dispute
interface IMarketDisputes {
    /// @notice Strikes a result in dispute with its verifier's "no".
    function challengeDisputed(
        bytes32 key,
        bytes32 root,
        JudgeTerms calldata judge,
        LeafOpening calldata leaf,
        bytes calldata statement,
        bytes calldata result
    ) external;
}
