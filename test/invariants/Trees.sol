// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Merkle trees of sorted pairs; a node without a sibling goes up unchanged
library Trees {
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32 root) {
        (root, ) = open(leaves, 0);
    }

    /// @return root of the tree; zero if there is no leaf
    /// @return path from leaf `index` to it
    function open(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32 root, bytes32[] memory path) {
        uint256 n = leaves.length;
        if (n == 0) return (0, path);
        bytes32[] memory level = new bytes32[](n);
        for (uint256 i = 0; i < n; ++i) level[i] = leaves[i];
        bytes32[] memory longest = new bytes32[](32);
        uint256 depth;
        for (; n > 1; n = (n + 1) / 2) {
            if ((index ^ 1) < n) longest[depth++] = level[index ^ 1];
            for (uint256 i = 0; i < n; i += 2) level[i / 2] = i + 1 < n ? _pair(level[i], level[i + 1]) : level[i];
            index /= 2;
        }
        root = level[0];
        path = new bytes32[](depth);
        for (uint256 i = 0; i < depth; ++i) path[i] = longest[i];
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }
}
