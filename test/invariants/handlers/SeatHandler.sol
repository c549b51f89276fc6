// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Dice} from "../Dice.sol";
import {DisputeCalls} from "../DisputeCalls.sol";
import {MarketCalls} from "../MarketCalls.sol";
import {Juror, Pool} from "../Types.sol";
import {World} from "../World.sol";

/// @title Jurors take seats and leave them
abstract contract SeatHandler is World {
    /// @notice Those who judge for a living: each that has no seat gets stake, and one.
    function seatJurors(uint256 seed) external action {
        Dice memory d = Dice(seed);
        bytes32 program = programs[d.oneIn(4) ? 1 : 0];
        if (pools[program].seats.length >= 2 * JURY_SIZE) return;
        for (uint256 i = 0; i < jurors.length; ++i) {
            address juror = jurors[i];
            if (d.oneIn(6) || pools[program].jurors[juror].seats != 0) continue;
            uint64 amount = uint64(d.between(MIN_STAKE, 5 * MIN_STAKE));
            bytes memory data = MarketCalls.deposit(juror, amount);
            if (_actPaying(d, "deposit", juror, amount, data, true)) _addStake(juror, amount);
            if (purses[juror].free >= MIN_STAKE) _takeSeats(juror, program, 1);
        }
    }

    function takeSeats(uint256 seed) external action {
        Dice memory d = Dice(seed);
        bytes32 program = programs[d.oneIn(3) ? 1 : 0];
        address who = _withFree(d, MIN_STAKE);
        uint256 most = purses[who].free / MIN_STAKE;
        if (d.oneIn(20)) most = 33;
        _takeSeats(
            who,
            program,
            uint32(
                d.oneIn(20)
                    ? d.roll(most + 2)
                    : most == 0
                        ? 0
                        : d.between(1, most < 3 ? most : 3)
            )
        );
    }

    function leaveSeat(uint256 seed) external action {
        Dice memory d = Dice(seed);
        bytes32 program = programs[d.oneIn(3) ? 1 : 0];
        uint256 n = pools[program].seats.length;
        if (n == 0 || (pools[program].drawing != 0 && !d.oneIn(6)) || !d.oneIn(3)) return;
        uint256 seat = d.oneIn(12) ? n : d.roll(n);
        address who = seat == n || d.oneIn(12) ? _anyone(d) : pools[program].seats[seat];
        _leaveSeat("leaveSeat", who, program, seat);
    }

    // ---------------------------------------------------------------- internal

    function _takeSeats(address who, bytes32 program, uint32 count) private {
        Pool storage pool = pools[program];
        bool legal = pool.drawing == 0 && count != 0 && count <= 32 && purses[who].free >= uint256(count) * MIN_STAKE;
        if (!_act("takeSeats", who, DisputeCalls.takeSeats(program, count), legal)) return;
        _lock(who, uint256(count) * MIN_STAKE);
        for (uint256 i = 0; i < count; ++i) pool.seats.push(who);
        pool.jurors[who].seats += count;
    }

    /// @dev A seat's bond is free again, less the juror's fines.
    function _leaveSeat(string memory name, address who, bytes32 program, uint256 seat) internal {
        Pool storage pool = pools[program];
        Juror storage juror = pool.jurors[who];
        bool legal = pool.drawing == 0 && seat < pool.seats.length && juror.seats > juror.engaged;
        if (seat < pool.seats.length && pool.seats[seat] != who) legal = false;
        if (!_act(name, who, DisputeCalls.leaveSeat(program, seat), legal)) return;
        uint64 fine = juror.fine < MIN_STAKE ? juror.fine : MIN_STAKE;
        juror.fine -= fine;
        --juror.seats;
        burned += fine;
        _unlock(who, MIN_STAKE, fine);
        pool.seats[seat] = pool.seats[pool.seats.length - 1];
        pool.seats.pop();
    }
}
