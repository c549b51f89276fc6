// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVerifier} from "../interfaces/IVerifier.sol";

/// @title A proof system that is easy to prove in: a result is valid if it repeats the statement
contract EchoVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function verify(bytes calldata statement, bytes calldata result) external pure returns (bool valid) {
        return keccak256(statement) == keccak256(result);
    }
}
