// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IMarketErrors} from "../interfaces/IMarketErrors.sol";
import {JudgeTerms, Rule, StepTerms} from "../interfaces/MarketTypes.sol";
import {Limits} from "./Limits.sol";
import {StepCore, StepCoreLib} from "./StepCoreLib.sol";

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
            revert IMarketErrors.TermOutOfRange("steps", steps.length, 1, Limits.MAX_STEPS);
        bytes32[] memory level = new bytes32[](steps.length);
        for (uint256 i = 0; i < steps.length; ++i) {
            StepTerms calldata s = steps[i];
            _check(i, s, sum.tasks);
            if (s.isFinal) {
                if (sum.hasFinal) revert IMarketErrors.StepTermOutOfRange(i, "isFinal", 1, 0, 0);
                sum.hasFinal = true;
            }
            sum.tasks += s.maxTasks;
            sum.most += uint256(s.maxTasks) * s.ceiling;
            uint256 tail = uint256(s.claimTime) + s.window;
            if (tail > sum.tail) sum.tail = tail;
            level[i] = leafHash(uint8(i), s);
        }
        if (sum.tasks > Limits.MAX_TASKS) revert IMarketErrors.TermOutOfRange("tasks", sum.tasks, 1, Limits.MAX_TASKS);
        sum.root = _root(level);
    }

    function _check(uint256 i, StepTerms calldata s, uint256 firstTask) private view {
        _range(i, "firstTask", s.firstTask, firstTask, firstTask);
        _range(i, "maxTasks", s.maxTasks, 1, s.isFinal ? 1 : Limits.MAX_TASKS);
        _range(i, "ceiling", s.ceiling, 1, Limits.MAX_AMOUNT);
        _range(i, "bond", s.bond, 1, Limits.MAX_AMOUNT);
        _range(i, "claimTime", s.claimTime, 1, Limits.MAX_CLAIM_TIME);
        _range(i, "window", s.window, s.judge.checkProgram == 0 ? 1 : Limits.MIN_JURY_WINDOW, Limits.MAX_WINDOW);
        if ((s.rule == Rule.Jury && s.judge.checkProgram == 0) || (s.isFinal && s.rule != Rule.Verifier))
            revert IMarketErrors.RuleRefused(i, s.rule);
        // Calling a jury must pay for whoever is right: its share of the bond is more than the jurors' fees.
        uint256 share = (s.bond * Limits.STRIKE_CHALLENGER_BPS) / Limits.BPS;
        _range(i, "maxReveal", s.judge.maxReveal, 0, Limits.MAX_REVEAL);
        _range(i, "jurorFee", s.judge.jurorFee, 0, s.judge.checkProgram == 0 ? 0 : share / Limits.JURY_SIZE);
        if (s.rule == Rule.Verifier) {
            _range(i, "verifierGas", s.judge.verifierGas, 1, Limits.MAX_VERIFIER_GAS);
            _requireFixedCode(s.judge.verifier);
        } else {
            _range(i, "verifierGas", s.judge.verifierGas, 0, 0);
            _range(i, "verifier", uint160(s.judge.verifier), 0, 0);
            // A result that nobody can judge must not be open to everybody.
            _range(i, "openRoot", uint256(s.judge.openRoot), 0, 0);
        }
    }

    /// @dev Code that its account can exchange (an EIP-7702 delegation, 0xef0100 and an address) would be no fixed rule.
    function _requireFixedCode(address verifier) private view {
        bytes memory code = verifier.code;
        if (code.length == 0 || (code.length == 23 && bytes3(code) == 0xef0100))
            revert IMarketErrors.VerifierWithoutCode(verifier);
    }

    function _range(uint256 step, bytes32 term, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert IMarketErrors.StepTermOutOfRange(step, term, value, least, most);
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

    /// @notice keccak256(keccak256(core, hash of the judge's terms)): hashed twice, so that no inner node passes for a leaf.
    function leafHash(uint8 step, StepTerms calldata s) internal pure returns (bytes32) {
        return StepCoreLib.pack(step, s).leafHash(judgeHash(s.judge));
    }

    /// @notice Whether every field has its place in the core word: terms that don't could share it with others.
    function fits(StepTerms calldata s) internal pure returns (bool) {
        return (s.ceiling | s.bond) >> 56 == 0 && (s.firstTask | s.maxTasks | s.claimTime | s.window) >> 24 == 0;
    }

    function judgeHash(JudgeTerms calldata judge) internal pure returns (bytes32) {
        return keccak256(abi.encode(judge));
    }
}
