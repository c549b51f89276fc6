// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IMarket, Rule, StepTerms, TermsOpening} from "../interfaces/IMarket.sol";
import {Limits} from "./Limits.sol";

/// @title Terms of a workflow's steps: limits, root, openings
library StepsLib {
    /// @notice What the steps come to.
    struct Summary {
        bytes32 root;
        uint256 tasks;
        uint256 most; // units: every task at its ceiling
        uint256 tail; // longest claim time plus window
        bool hasFinal;
    }

    /// @notice Checks all steps against the limits and sums them up. Reverts with the step and the term that is wrong.
    function summarise(StepTerms[] calldata steps) internal view returns (Summary memory sum) {
        if (steps.length == 0 || steps.length > Limits.MAX_STEPS)
            revert IMarket.TermOutOfRange("steps", steps.length, 1, Limits.MAX_STEPS);
        bytes32[] memory level = new bytes32[](steps.length);
        for (uint256 i = 0; i < steps.length; ++i) {
            StepTerms calldata s = steps[i];
            _check(i, s, sum.tasks);
            if (s.isFinal) {
                if (sum.hasFinal) revert IMarket.StepTermOutOfRange(i, "isFinal", 1, 0, 0);
                sum.hasFinal = true;
            }
            sum.tasks += s.maxTasks;
            sum.most += uint256(s.maxTasks) * s.ceiling;
            uint256 tail = uint256(s.claimTime) + s.window;
            if (tail > sum.tail) sum.tail = tail;
            level[i] = leafHash(uint8(i), s);
        }
        if (sum.tasks > Limits.MAX_TASKS) revert IMarket.TermOutOfRange("tasks", sum.tasks, 1, Limits.MAX_TASKS);
        sum.root = _root(level);
    }

    function _check(uint256 i, StepTerms calldata s, uint256 firstTask) private view {
        _range(i, "firstTask", s.firstTask, firstTask, firstTask);
        _range(i, "maxTasks", s.maxTasks, 1, s.isFinal ? 1 : Limits.MAX_TASKS);
        _range(i, "ceiling", s.ceiling, 1, Limits.MAX_AMOUNT);
        _range(i, "bond", s.bond, 1, Limits.MAX_AMOUNT);
        _range(i, "claimTime", s.claimTime, 1, Limits.MAX_CLAIM_TIME);
        _range(i, "window", s.window, 1, Limits.MAX_WINDOW);
        if (s.rule == Rule.Jury || (s.isFinal && s.rule != Rule.Verifier)) revert IMarket.RuleRefused(i, s.rule);
        if (s.rule == Rule.Verifier) {
            _range(i, "verifierGas", s.verifierGas, 1, Limits.MAX_VERIFIER_GAS);
            if (s.verifier.code.length == 0) revert IMarket.VerifierWithoutCode(s.verifier);
        } else {
            _range(i, "verifierGas", s.verifierGas, 0, 0);
            _range(i, "verifier", uint160(s.verifier), 0, 0);
        }
    }

    function _range(uint256 step, bytes32 term, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert IMarket.StepTermOutOfRange(step, term, value, least, most);
    }

    /// @dev Pairs are sorted before hashing; a node without a sibling goes up unchanged.
    function _root(bytes32[] memory level) private pure returns (bytes32) {
        uint256 n = level.length;
        while (n > 1) {
            for (uint256 i = 0; i < n; i += 2)
                level[i / 2] = i + 1 < n ? Hashes.commutativeKeccak256(level[i], level[i + 1]) : level[i];
            n = (n + 1) / 2;
        }
        return level[0];
    }

    /// @notice keccak256(bytes.concat(keccak256(abi.encode(step, terms)))): hashed twice, so that no inner node passes for a leaf.
    /// @dev Static terms lie in calldata as abi.encode would write them. Unclean upper bits change the hash, so they open nothing.
    function leafHash(uint8 step, StepTerms calldata terms) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, step)
            calldatacopy(add(at, 0x20), terms, 0x160)
            mstore(0x00, keccak256(at, 0x180))
            hash := keccak256(0x00, 0x20)
        }
    }

    /// @notice Whether the opened terms are those of step `step` under the root.
    function isUnder(TermsOpening calldata opening, uint8 step, bytes32 root) internal pure returns (bool) {
        return MerkleProof.verifyCalldata(opening.path, root, leafHash(step, opening.terms));
    }
}
