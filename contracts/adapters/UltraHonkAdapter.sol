// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVerifier} from "../interfaces/IVerifier.sol";

/// @notice A verifier that Barretenberg generates for one circuit's EVM key.
interface IHonkVerifier {
    function verify(bytes calldata proof, bytes32[] calldata publicInputs) external view returns (bool);
}

/// @title State transitions proved by a tree of recursive UltraHonk proofs
/// @notice statement = abi.encode(bytes32 oldRoot, bytes32 newRoot); result = the raw proof.
contract UltraHonkAdapter is IVerifier {
    IHonkVerifier public immutable VERIFIER;
    /// @dev The circuit exposes the hash of the key that it checked its children with: pinned here, or any circuit's proof would pass.
    bytes32 public immutable MERGE_KEY_HASH;

    constructor(IHonkVerifier verifier, bytes32 mergeKeyHash) {
        VERIFIER = verifier;
        MERGE_KEY_HASH = mergeKeyHash;
    }

    /// @inheritdoc IVerifier
    function verify(bytes calldata statement, bytes calldata result) external view returns (bool valid) {
        if (statement.length != 64) return false;
        bytes32[] memory publicInputs = new bytes32[](3);
        publicInputs[0] = MERGE_KEY_HASH;
        (publicInputs[1], publicInputs[2]) = abi.decode(statement, (bytes32, bytes32));
        return VERIFIER.verify(result, publicInputs);
    }
}
