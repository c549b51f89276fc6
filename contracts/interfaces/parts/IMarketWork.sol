// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The happy path: settle, commit, claim
interface IMarketWork {
    /// @notice Settles, commits and claims for the caller, in this order, in one transaction.
    function advance(bytes calldata operations) external;
    /// @notice The same for an operator whose delegate the caller is.
    function advanceFor(address operator, bytes calldata operations) external;
}
