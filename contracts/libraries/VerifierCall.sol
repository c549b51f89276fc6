// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketErrors} from "../interfaces/IMarketErrors.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {Limits} from "./Limits.sol";

/// @title Asking a verifier that may be hostile
/// @notice A static call, so that it changes nothing; at most one word of its answer is copied, so that a huge answer costs the
/// caller nothing; exactly `verifierGas`, so that the answer does not depend on who asks or with how much gas.
library VerifierCall {
    /// @param verifierGas what the terms promise. Reverts with VerifierGasShort if the call can't be given that much
    /// (a challenge that starves the verifier of gas must not count as a "no").
    /// @return yes whether the verifier returned true; a revert, a short answer or anything else is a "no"
    function ask(
        address verifier,
        uint256 verifierGas,
        bytes calldata statement,
        bytes calldata result
    ) internal view returns (bool yes) {
        // A verifier that is gone says neither yes nor no.
        if (verifier.code.length == 0) revert IMarketErrors.VerifierWithoutCode(verifier);
        bytes memory data = abi.encodeCall(IVerifier.verify, (statement, result));
        // A call is given at most 63/64 of what is left (EIP-150); 10,000 covers the call itself.
        uint256 needed = verifierGas + verifierGas / 63 + Limits.STRIKE_GAS + 10_000;
        if (gasleft() < needed) revert IMarketErrors.VerifierGasShort(gasleft(), needed);
        assembly ("memory-safe") {
            mstore(0x00, 0)
            let ok := staticcall(verifierGas, verifier, add(data, 0x20), mload(data), 0x00, 0x20)
            yes := and(and(ok, gt(returndatasize(), 0x1f)), eq(mload(0x00), 1))
        }
    }
}
