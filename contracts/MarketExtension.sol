// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketParameters, Parameters} from "./interfaces/IMarketParameters.sol";
import {Forward} from "./libraries/Forward.sol";
import {MarketBase} from "./market/MarketBase.sol";
import {MarketEnds} from "./market/MarketEnds.sol";
import {MarketStake} from "./market/MarketStake.sol";
import {MarketViews} from "./market/MarketViews.sol";
import {MarketWorkflows} from "./market/MarketWorkflows.sol";

/// @title The market's money, workflows and views
/// @notice Never call it by its own address: Market runs it by delegatecall, and only there money can come in.
contract MarketExtension is IMarketParameters, MarketStake, MarketWorkflows, MarketEnds, MarketViews {
    address public immutable COURT;

    /// @param court deployed before, with the parameters that this extension then has
    constructor(IMarketParameters court) MarketBase(court.parameters()) {
        COURT = address(court);
    }

    /// @inheritdoc IMarketParameters
    function parameters() external view returns (Parameters memory p) {
        return Parameters(TOKEN, UNIT, MIN_STAKE, UNBONDING_DELAY, LATE_CLAIMS);
    }

    fallback() external {
        Forward.to(COURT);
    }
}
