// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketErrors} from "./IMarketErrors.sol";
import {IMarketEvents} from "./IMarketEvents.sol";
import {IMarketDemands} from "./parts/IMarketDemands.sol";
import {IMarketDisputes} from "./parts/IMarketDisputes.sol";
import {IMarketEnds} from "./parts/IMarketEnds.sol";
import {IMarketEquivocation} from "./parts/IMarketEquivocation.sol";
import {IMarketJury} from "./parts/IMarketJury.sol";
import {IMarketMoney} from "./parts/IMarketMoney.sol";
import {IMarketSilence} from "./parts/IMarketSilence.sol";
import {IMarketStake} from "./parts/IMarketStake.sol";
import {IMarketVerified} from "./parts/IMarketVerified.sol";
import {IMarketViews} from "./parts/IMarketViews.sol";
import {IMarketVoid} from "./parts/IMarketVoid.sol";
import {IMarketWork} from "./parts/IMarketWork.sol";
import {IMarketWorkflows} from "./parts/IMarketWorkflows.sol";

/// @title The proof market: escrow, stake, claims, commitments, disputes, settlement
/// @notice All that can be called at the market's address. See contracts/README.md for the state tables and the invariants.
interface IMarket is
    IMarketErrors,
    IMarketEvents,
    IMarketStake,
    IMarketMoney,
    IMarketWorkflows,
    IMarketWork,
    IMarketVerified,
    IMarketEnds,
    IMarketViews,
    IMarketDisputes,
    IMarketDemands,
    IMarketJury,
    IMarketEquivocation,
    IMarketVoid,
    IMarketSilence
{
    /// @return an ERC-20, or zero for the chain's native currency
    function TOKEN() external view returns (address);
    /// @return wei, or the token's smallest units, of one unit
    function UNIT() external view returns (uint256);
    /// @return units that an operator's stake must reach
    function MIN_STAKE() external view returns (uint64);
    /// @return seconds from the start of unbonding to withdrawal
    function UNBONDING_DELAY() external view returns (uint40);
    /// @return seconds for which a workflow that was completed takes claims that its coordinator signed
    function LATE_CLAIMS() external view returns (uint40);
    /// @return units that whoever ends an expired claim gets out of its penalty, at most the penalty; also the bond of small calls
    function LATE_GAS_REFUND() external view returns (uint64);
}
