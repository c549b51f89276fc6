// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Stake, withdrawals, delegates
interface IMarketStake {
    /// @notice Adds `amount` units of the caller's to an operator's free stake. The whole stake must reach `MIN_STAKE` with it.
    function deposit(address operator, uint64 amount) external payable;
    /// @notice Moves free stake into unbonding; it can be withdrawn `UNBONDING_DELAY` seconds later.
    function startUnbonding(uint64 amount) external;
    /// @notice Pays out what has finished unbonding.
    function withdrawStake(address to) external;
    /// @notice Pays out everything owed to the caller: rewards, refunds, challenge shares, fees.
    function withdrawOwed(address to) external;
    /// @notice Lets a hot key act for the caller as an operator: claim, commit, settle, give back, deliver; never withdraw.
    /// @param delegate zero to let nobody; takes effect at once, so that a stolen key can be stopped
    function setDelegate(address delegate) external;
}
