// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Permits
interface IMarketMoney {
    /// @notice Gives the market an allowance by signature (ERC-2612), then makes one call to it as the caller.
    /// @param value,deadline,v,r,s the permit; one that was used already (by whoever saw it first) is no error
    /// @param call what to do then: `openWorkflow`, `topUp` or `deposit`, encoded
    function permitAndCall(
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s,
        bytes calldata call
    ) external returns (bytes memory answer);
}
