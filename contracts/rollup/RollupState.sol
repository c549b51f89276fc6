// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarket} from "../interfaces/IMarket.sol";

/// @title The state root of the example rollup, moved by proofs that the market verified
contract RollupState {
    /// @notice The workflow's verified final proof is not one of this transition, by this adapter.
    error NotProved(uint48 workflow);
    /// @notice The transition does not start at the current root.
    error RootMismatch(bytes32 oldRoot, bytes32 root);

    event BatchApplied(uint48 indexed workflow, bytes32 oldRoot, bytes32 newRoot);

    IMarket public immutable MARKET;
    address public immutable ADAPTER;
    bytes32 public root;

    constructor(IMarket market, address adapter, bytes32 genesisRoot) {
        MARKET = market;
        ADAPTER = adapter;
        root = genesisRoot;
    }

    /// @notice Applies a proved batch. Anyone may call it.
    function applyBatch(uint48 workflow, bytes32 oldRoot, bytes32 newRoot) external {
        if (oldRoot != root) revert RootMismatch(oldRoot, root);
        bytes32 statementDigest = sha256(abi.encode(oldRoot, newRoot));
        if (MARKET.completionOf(workflow) != keccak256(abi.encode(ADAPTER, statementDigest)))
            revert NotProved(workflow);
        root = newRoot;
        emit BatchApplied(workflow, oldRoot, newRoot);
    }
}
