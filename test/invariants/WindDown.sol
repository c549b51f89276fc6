// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Phase as CasePhase} from "../../contracts/libraries/DisputeLib.sol";
import {HostileToken} from "../../contracts/test/HostileToken.sol";
import {Checks} from "./Checks.sol";
import {DisputeCalls} from "./DisputeCalls.sol";
import {MarketCalls} from "./MarketCalls.sol";
import {Case, Claim, Commit, Flow, Phase, Pool, Purse, Wish} from "./Types.sol";
import {JuryHandler} from "./handlers/JuryHandler.sol";
import {SeatHandler} from "./handlers/SeatHandler.sol";
import {SilenceHandler} from "./handlers/SilenceHandler.sol";
import {StakeHandler} from "./handlers/StakeHandler.sol";
import {vm} from "./Vm.sol";

/// @title No stuck funds: after all deadlines everybody gets what is theirs, and only burned units are left
abstract contract WindDown is Checks, StakeHandler, SilenceHandler, JuryHandler, SeatHandler {
    function windDown() external {
        if (KIND == Kind.HostileToken) {
            _setMood(HostileToken.Mode.Honest, false);
            _growBack();
        }
        _waitForEverything();
        while (live.length != 0) _end(live[0]);
        while (openCases.length != 0) _stepCase(openCases[0]);
        for (uint48 i = 1; i < flows.length; ++i) _closeFlow(i);
        for (uint256 i = 0; i < programs.length; ++i) _leaveSeats(programs[i]);
        for (uint256 i = 0; i < actors.length; ++i) _unbondAll(actors[i]);
        checkEverything();
        vm.warp(block.timestamp + UNBONDING_DELAY);
        for (uint256 i = 0; i < actors.length; ++i) _withdrawAll(actors[i], address(uint160(0xf000_0000 + i)));
        checkEverything();
        require(totalIn - totalOut == burned, "nothing stuck: more than the burned units is left");
    }

    function _waitForEverything() private {
        uint256 last = block.timestamp;
        for (uint256 i = 1; i < flows.length; ++i) {
            Flow storage f = flows[i];
            uint256 due = _feeDueAt(f);
            if (due > last) last = due;
        }
        vm.warp(last + 1);
    }

    /// @dev Whoever holds a claim by now is late, and every batch has matured.
    function _end(uint256 id) private {
        Claim memory c = claims[id];
        if (c.phase == Phase.Claimed) {
            _act("end: expire", actors[0], MarketCalls.expire(c), true);
            return _expire(id, c.mask, actors[0]);
        }
        Claim[] memory one = new Claim[](1);
        one[0] = c;
        bytes memory data = MarketCalls.advance(address(MARKET), address(0), one, new Commit[](0), new Wish[](0));
        _act("end: settle", c.operator, data, true);
        _payTasks(id);
    }

    /// @dev Nobody needs more than to wait, and to call: every dispute comes to its end.
    function _stepCase(uint256 caseId) private {
        Case storage k = cases[caseId];
        bytes32 key = _keyOf(caseId);
        if (k.phase == CasePhase.Drawing) {
            vm.roll(block.number + 3);
            _act("end: draw", actors[0], DisputeCalls.draw(key), true);
            return _draw(caseId);
        }
        uint256 end = uint256(k.until) + (k.phase == CasePhase.Voting ? claims[k.holder].window : 0);
        if (block.timestamp <= end) vm.warp(end + 1);
        if (k.phase == CasePhase.Voting || k.phase == CasePhase.Opening) {
            _act("end: closeCase", actors[0], DisputeCalls.closeCase(key), true);
            return _judged(caseId);
        }
        _act("end: closeDemand", actors[0], DisputeCalls.closeDemand(key), true);
        _endDemand(caseId);
    }

    /// @dev Every unit of the escrow is paid, is the fee, or goes back; who declared the coordinator silent has its bond.
    function _closeFlow(uint48 workflow) private {
        Flow storage f = flows[workflow];
        if (f.silentBy != address(0)) {
            _act("end: endSilence", actors[0], MarketCalls.endSilence(workflow), true);
            _endSilence(workflow);
        }
        if (!f.feeSettled) {
            _act("end: payFee", actors[0], MarketCalls.payFee(workflow), true);
            _payFee(workflow);
        }
        uint256 amount = _refundable(workflow);
        _act("end: refund", actors[0], MarketCalls.refund(workflow), amount != 0);
        if (amount != 0) _refund(workflow, amount);
        require(
            f.fee <= ((uint256(f.paid) + f.late) * f.feeBps) / 10_000,
            "bounded loss: the fee counts more than what was paid and the claims that nobody ended in time"
        );
        require(f.escrow == f.paid + f.fee + f.refunded, "nothing stuck: an escrow is not used up");
    }

    function _leaveSeats(bytes32 program) private {
        Pool storage pool = pools[program];
        require(pool.drawing == 0, "nothing stuck: a draw is pending with no case left");
        while (pool.seats.length != 0)
            _leaveSeat("end: leaveSeat", pool.seats[pool.seats.length - 1], program, pool.seats.length - 1);
    }

    function _unbondAll(address who) private {
        Purse storage p = purses[who];
        require(p.locked == 0, "nothing stuck: a bond is locked with nothing left that it is for");
        if (p.free == 0) return;
        uint64 amount = p.free;
        _act("end: startUnbonding", who, MarketCalls.startUnbonding(amount), true);
        _startUnbonding(who, amount);
    }

    /// @param to an address that takes money, whatever `who` does
    function _withdrawAll(address who, address to) private {
        Purse storage p = purses[who];
        uint256 mine = uint256(p.unbonding) + p.owed;
        if (p.unbonding != 0) {
            _act("end: withdrawStake", who, MarketCalls.withdrawStake(to), true);
            _takeUnbonded(who);
        }
        if (p.owed != 0) {
            _act("end: withdrawOwed", who, MarketCalls.withdrawOwed(to), true);
            _takeOwed(who);
        }
        require(_balanceOf(to) == mine * UNIT, "nothing stuck: somebody did not get what is theirs");
    }
}
