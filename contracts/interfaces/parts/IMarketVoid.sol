// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {LeafOpening, BatchOpening} from "../MarketTypes.sol";
import {InputsOpening} from "../../libraries/InputsLib.sol";

/// @title Results whose inputs were struck
interface IMarketVoid {
    /// @notice Voids a result one of whose inputs was struck. Anyone may call it.
    /// @param judgeHash hash of the step's JudgeTerms
    /// @param inputs what the leaf's inputs digest stands for
    /// @param index of the struck input
    function voidResult(
        BatchOpening calldata batch,
        bytes32 judgeHash,
        LeafOpening calldata leaf,
        InputsOpening calldata inputs,
        uint256 index
    ) external;
    /// @notice The same for a result in dispute: it is unpaid however that ends, and its bond stays at stake.
    function voidDisputed(
        bytes32 key,
        bytes32 root,
        bytes32 judgeHash,
        LeafOpening calldata leaf,
        InputsOpening calldata inputs,
        uint256 index
    ) external;
}
