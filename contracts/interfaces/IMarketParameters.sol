// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice The market's immutable parameters.
struct Parameters {
    address token; // an ERC-20, or zero for the chain's native currency
    uint256 unit; // wei, or the token's smallest units, of one unit
    uint64 minStake; // units, at least 100, so that the gas refund is not zero
    uint40 unbondingDelay; // seconds, longer than the longest claim and window together
    uint40 lateClaims; // seconds for which a completed workflow takes claims and keeps its escrow, at most a day; zero: not at all
}

/// @title A part of the market that knows what it was deployed with
interface IMarketParameters {
    function parameters() external view returns (Parameters memory p);
}
