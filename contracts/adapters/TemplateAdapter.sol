// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVerifier} from "../interfaces/IVerifier.sol";

/// @title Where an adapter for another proof system begins: copy it, and fill the three places
/// @notice 1. Say here how statement and result are encoded, to the byte. 2. Take what the verifier needs in the constructor, and pin
/// every key that the circuit has as an input. 3. Decode and ask.
/// @dev Abstract, so that nobody deploys it as it is. Never return true for a length that was not expected: bytes behind the end
/// would make two results of one proof.
abstract contract TemplateAdapter is IVerifier {
    uint256 private immutable STATEMENT_BYTES;
    uint256 private immutable RESULT_BYTES;

    constructor(uint256 statementBytes, uint256 resultBytes) {
        (STATEMENT_BYTES, RESULT_BYTES) = (statementBytes, resultBytes);
    }

    /// @inheritdoc IVerifier
    function verify(bytes calldata statement, bytes calldata result) external view returns (bool valid) {
        if (statement.length != STATEMENT_BYTES || result.length != RESULT_BYTES) return false;
        return _ask(statement, result);
    }

    /// @dev Decodes both and calls the proof system's own verifier. A revert of it counts as "no".
    function _ask(bytes calldata statement, bytes calldata result) internal view virtual returns (bool);
}
