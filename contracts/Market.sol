// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MarketBase} from "./market/MarketBase.sol";
import {MarketDisputes} from "./market/MarketDisputes.sol";
import {MarketStake} from "./market/MarketStake.sol";
import {MarketWork} from "./market/MarketWork.sol";

/// @title Froben's proof market, in the chain's native currency
/// @notice One deployment serves everybody: it has no owner, no admin key and no changeable parameter. See contracts/README.md.
contract Market is MarketStake, MarketWork, MarketDisputes {
    constructor(uint256 unit, uint64 minStake, uint40 unbondingDelay) MarketBase(unit, minStake, unbondingDelay) {}
}
