// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Dice} from "../Dice.sol";
import {Case, Claim, Flow, Phase} from "../Types.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";

/// @title Time passes, most often to just before, at or just after something is due; money is forced in
abstract contract TimeHandler is World {
    function waitAMoment(uint256 seed) external action {
        Dice memory d = Dice(seed);
        vm.warp(block.timestamp + d.between(1, 600));
        vm.roll(block.number + d.between(1, 3));
    }

    /// @notice To the deadline or maturity of a claim, or one second off.
    function waitForClaim(uint256 seed) external action {
        Dice memory d = Dice(seed);
        if (live.length == 0) return;
        uint256 soonest = type(uint256).max;
        for (uint256 i = 0; i < 3; ++i) {
            Claim storage c = claims[live[d.roll(live.length)]];
            uint256 due = c.phase == Phase.Claimed ? c.deadline : c.maturesAt;
            if (due >= block.timestamp && due < soonest) soonest = due;
        }
        if (soonest != type(uint256).max) _waitFor(d, soonest);
    }

    /// @notice To a workflow's deadline or the day of its fee, or one second off.
    function waitForFlow(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        if (workflow == 0 || !d.oneIn(8)) return;
        Flow storage f = flows[workflow];
        _waitFor(d, d.oneIn(3) ? _claimsUntil(f) : _feeDueAt(f));
    }

    /// @notice To the end of a dispute's phase, or one second off.
    function waitForCase(uint256 seed) external action {
        Dice memory d = Dice(seed);
        if (openCases.length == 0) return;
        Case storage k = cases[openCases[d.roll(openCases.length)]];
        if (k.until != 0) _waitFor(d, k.until + (d.oneIn(3) ? claims[k.holder].window : 0));
    }

    /// @notice To the end of a coordinator's time to answer, or one second off.
    function waitForSilence(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        if (flows[workflow].silentAt != 0)
            _waitFor(d, uint256(flows[workflow].silentAt) + flows[workflow].silenceDelay);
    }

    function waitForStake(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint40 availableAt = purses[_operator(d)].availableAt;
        if (d.oneIn(8)) _waitFor(d, availableAt);
    }

    /// @notice Money comes in by a way that no contract can refuse.
    function forceMoney(uint256 seed) external action {
        uint256 amount = Dice(seed).roll(3 * UNIT);
        forced += amount;
        _force(amount);
    }

    function _waitFor(Dice memory d, uint256 time) private {
        time = time + d.roll(3) - (time == 0 ? 0 : 1);
        if (time > block.timestamp) vm.warp(time);
    }
}
