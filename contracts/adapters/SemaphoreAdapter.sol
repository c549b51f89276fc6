// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVerifier} from "../interfaces/IVerifier.sol";

/// @notice Semaphore's verifier, as its package ships it.
interface ISemaphoreVerifier {
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[4] calldata signals,
        uint256 depth
    ) external view returns (bool);
}

/// @title Semaphore memberships (Groth16 over BN254), depths 1 to 32
/// @notice statement = abi.encode(uint256 depth, uint256 root, uint256 nullifier, uint256 message, uint256 scope), message and scope as
/// the circuit's public signals (already hashed to the field); result = abi.encode(uint256[8]): a, b, c.
contract SemaphoreAdapter is IVerifier {
    uint256 private constant STATEMENT_BYTES = 5 * 32;
    uint256 private constant RESULT_BYTES = 8 * 32;
    uint256 private constant MAX_DEPTH = 32;

    ISemaphoreVerifier public immutable VERIFIER;

    constructor(ISemaphoreVerifier verifier) {
        VERIFIER = verifier;
    }

    /// @inheritdoc IVerifier
    function verify(bytes calldata statement, bytes calldata result) external view returns (bool valid) {
        // Exact lengths: trailing bytes would make two results of one proof.
        if (statement.length != STATEMENT_BYTES || result.length != RESULT_BYTES) return false;
        (uint256 depth, uint256 root, uint256 nullifier, uint256 message, uint256 scope) = abi.decode(
            statement,
            (uint256, uint256, uint256, uint256, uint256)
        );
        if (depth == 0 || depth > MAX_DEPTH) return false;
        uint256[8] memory p = abi.decode(result, (uint256[8]));
        return
            VERIFIER.verifyProof(
                [p[0], p[1]],
                [[p[2], p[3]], [p[4], p[5]]],
                [p[6], p[7]],
                [root, nullifier, message, scope],
                depth
            );
    }
}
