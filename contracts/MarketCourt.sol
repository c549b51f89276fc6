// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketParameters, Parameters} from "./interfaces/IMarketParameters.sol";
import {MarketBase} from "./market/MarketBase.sol";
import {MarketDemands} from "./market/MarketDemands.sol";
import {MarketEquivocation} from "./market/MarketEquivocation.sol";
import {MarketJury} from "./market/MarketJury.sol";
import {MarketSilence} from "./market/MarketSilence.sol";
import {MarketVoid} from "./market/MarketVoid.sol";

/// @title The market's disputes that take more than one transaction, and rare ones
/// @notice Never call it by its own address: MarketExtension runs it by delegatecall.
contract MarketCourt is IMarketParameters, MarketDemands, MarketJury, MarketEquivocation, MarketVoid, MarketSilence {
    constructor(Parameters memory p) MarketBase(p) {}

    /// @inheritdoc IMarketParameters
    function parameters() external view returns (Parameters memory p) {
        return Parameters(TOKEN, UNIT, MIN_STAKE, UNBONDING_DELAY, LATE_CLAIMS);
    }
}
