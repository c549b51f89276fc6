// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice One input of a task.
struct Input {
    bytes32 name; // SHA-256 of the port's name
    bytes32 digest; // SHA-256 of the artifact
    uint64 source; // whose result it is of: 1 << 48 | task << 16 | attempt; zero: the requester's
}

/// @notice What a task runs, opened out of its leaf.
struct InputsOpening {
    bytes32 program; // digest
    bytes32 params; // SHA-256 of the parameters' canonical JSON
    Input[] inputs; // by rising name
}

/// @title Digest of what a task runs
library InputsLib {
    /// @notice keccak256(abi.encode(program, params, inputs)).
    function digest(InputsOpening calldata opening) internal pure returns (bytes32) {
        return keccak256(abi.encode(opening.program, opening.params, opening.inputs));
    }
}
