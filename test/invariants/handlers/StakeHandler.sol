// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {HostileReceiver} from "../../../contracts/test/HostileReceiver.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {Dice} from "../Dice.sol";
import {MarketCalls} from "../MarketCalls.sol";
import {Purse} from "../Types.sol";
import {World} from "../World.sol";

/// @title Stake in, stake out, rewards out; receivers that refuse, or call the market again while they are paid
abstract contract StakeHandler is World {
    /// @notice What a receiver with code does when it is paid.
    enum Temper {
        Accepts,
        Refuses,
        WithdrawsOwed,
        WithdrawsStake,
        Unbonds,
        Refunds
    }

    mapping(address receiver => Temper) private tempers;
    mapping(address receiver => uint48 workflow) private refunding;

    function deposit(uint256 seed) external action {
        Dice memory d = Dice(seed);
        address operator = d.oneIn(40) ? address(0) : _operator(d);
        uint256 amount = d.oneIn(10) ? d.roll(MIN_STAKE) : d.between(MIN_STAKE, 100 * MIN_STAKE);
        if (d.oneIn(50)) amount = WEALTH / 100;
        if (d.oneIn(200)) amount = type(uint64).max - d.roll(2);
        Purse storage p = purses[operator];
        bool legal = operator != address(0) && p.free + p.locked + amount >= MIN_STAKE;
        bytes memory data = MarketCalls.deposit(operator, uint64(amount));
        if (KIND == Kind.Native && d.oneIn(100))
            _act("permit without a token", operator, MarketCalls.withPermit(data), false);
        if (_actPaying(d, "deposit", d.oneIn(4) ? _anyone(d) : operator, amount, data, legal))
            _addStake(operator, amount);
    }

    function startUnbonding(uint256 seed) external action {
        Dice memory d = Dice(seed);
        address from = _operator(d);
        uint64 free = purses[from].free;
        if (free == 0 && !d.oneIn(8)) return;
        uint256 amount = d.between(d.oneIn(20) || free < 4 ? 0 : 1, free / 4);
        if (d.oneIn(10)) amount = uint256(free) + d.roll(2);
        else if (d.oneIn(8) && free > MIN_STAKE) amount = free - d.roll(MIN_STAKE); // leaves less than the minimum
        bool legal = amount != 0 && amount <= free;
        if (_act("startUnbonding", from, MarketCalls.startUnbonding(uint64(amount)), legal))
            _startUnbonding(from, uint64(amount));
    }

    function withdrawStake(uint256 seed) external action {
        Dice memory d = Dice(seed);
        address from = _operator(d);
        for (uint256 i = 0; i < 8 && !_canWithdraw(from); ++i) from = _operator(d);
        if (!_canWithdraw(from) && !d.oneIn(8)) return;
        address to = _receiver(d, from);
        uint64 amount = purses[from].unbonding;
        bool legal = _canWithdraw(from) && _accepts(to, amount);
        uint256 before = _balanceOf(to);
        bool reEnters = _wouldReEnter();
        if (!_act("withdrawStake", from, MarketCalls.withdrawStake(to), legal)) return;
        _takeUnbonded(from);
        _afterPayment(to, before, amount, reEnters);
    }

    function withdrawOwed(uint256 seed) external action {
        Dice memory d = Dice(seed);
        address from = _anyone(d);
        for (uint256 i = 0; i < 8 && purses[from].owed == 0; ++i) from = _anyone(d);
        address to = _receiver(d, from);
        uint64 amount = purses[from].owed;
        if (amount == 0 && !d.oneIn(8)) return;
        uint256 before = _balanceOf(to);
        bool reEnters = _wouldReEnter();
        if (!_act("withdrawOwed", from, MarketCalls.withdrawOwed(to), amount != 0 && _accepts(to, amount))) return;
        _takeOwed(from);
        _afterPayment(to, before, amount, reEnters);
    }

    /// @notice Decides what a receiver with code will do when it is paid.
    function temper(uint256 seed) external action {
        Dice memory d = Dice(seed);
        HostileReceiver receiver = hostiles[d.roll(hostiles.length)];
        address self = address(receiver);
        Temper mood = Temper(d.roll(6));
        tempers[self] = mood;
        bytes memory data;
        if (mood == Temper.WithdrawsOwed) data = MarketCalls.withdrawOwed(self);
        if (mood == Temper.WithdrawsStake) data = MarketCalls.withdrawStake(self);
        if (mood == Temper.Unbonds) data = MarketCalls.startUnbonding(1);
        if (mood == Temper.Refunds) {
            refunding[self] = _pickFlow(d);
            data = MarketCalls.refund(refunding[self]);
        }
        receiver.set(data.length == 0 ? address(0) : address(MARKET), data, mood == Temper.Refuses);
    }

    /// @notice Decides what a hostile token does from now on; now and then it shrinks the market's balance, or undoes that.
    function temperToken(uint256 seed) external action {
        if (KIND != Kind.HostileToken) return;
        Dice memory d = Dice(seed);
        HostileToken.Mode mood = d.oneIn(3) ? HostileToken.Mode(d.roll(8)) : HostileToken.Mode.Honest;
        if (d.oneIn(8)) mood = HostileToken.Mode.ReEnter;
        _setMood(mood, d.oneIn(2));
        if (d.oneIn(2)) _growBack();
        uint256 most = _balanceOf(address(MARKET));
        if (most == 0 || !d.oneIn(8)) return;
        uint256 amount = d.between(
            1,
            d.oneIn(4)
                ? most
                : most < UNIT
                    ? most
                    : UNIT
        );
        shrunk += amount;
        HostileToken(TOKEN).burn(address(MARKET), amount);
    }

    function setDelegate(uint256 seed) external action {
        Dice memory d = Dice(seed);
        address from = _operator(d);
        address delegate = d.oneIn(3) ? address(0) : _anyone(d);
        address former = delegates[from];
        if (!_act("setDelegate", from, MarketCalls.setDelegate(delegate), true)) return;
        if (former != address(0)) {
            receiptsUntil[from][former] = block.timestamp + UNBONDING_DELAY;
            formers[from] = former;
        }
        delegates[from] = delegate;
    }

    // ---------------------------------------------------------------- internal

    function _startUnbonding(address from, uint64 amount) internal {
        Purse storage p = _purse(from);
        (p.free, p.unbonding) = (p.free - amount, p.unbonding + amount);
        p.availableAt = uint40(block.timestamp) + UNBONDING_DELAY;
    }

    function _takeUnbonded(address from) internal {
        Purse storage p = _purse(from);
        totalOut += p.unbonding;
        (p.unbonding, p.availableAt) = (0, 0);
    }

    function _takeOwed(address from) internal {
        Purse storage p = _purse(from);
        totalOut += p.owed;
        p.owed = 0;
    }

    function _canWithdraw(address from) private view returns (bool) {
        return purses[from].unbonding != 0 && block.timestamp >= purses[from].availableAt;
    }

    function _receiver(Dice memory d, address from) private view returns (address) {
        if (d.oneIn(40)) return d.oneIn(2) ? address(0) : address(MARKET);
        return d.oneIn(5) ? _anyone(d) : from;
    }

    function _growBack() internal {
        HostileToken(TOKEN).mint(address(MARKET), shrunk);
        shrunk = 0;
    }

    function _accepts(address to, uint256 amount) private view returns (bool) {
        if (to == address(0) || to == address(MARKET)) return false;
        if (KIND != Kind.Native) return _movesOut() && _balanceOf(address(MARKET)) >= amount * UNIT;
        return to != UNPAYABLE && tempers[to] != Temper.Refuses;
    }

    /// @dev The receiver got exactly `amount`, and what its own call into the market did is what that call may do.
    function _afterPayment(address to, uint256 before, uint256 amount, bool reEnters) private {
        if (KIND == Kind.Native) {
            Temper mood = tempers[to];
            if (isHostile[to] && mood != Temper.Accepts) amount += _afterCallBack(to, mood);
            require(to.balance == before + amount * UNIT, "payments: the receiver did not get what it was owed");
            return;
        }
        uint256 arrived = _arriving(amount * UNIT);
        if (reEnters && HostileToken(TOKEN).reentered()) {
            uint256 moved = _afterReEntry();
            if (to == TOKEN) before -= moved;
        }
        require(_balanceOf(to) == before + arrived, "payments: the receiver did not get what it was owed");
    }

    /// @return more units that the receiver's own call has brought it
    function _afterCallBack(address to, Temper mood) private returns (uint256 more) {
        Purse storage p = _purse(to);
        bool legal;
        if (mood == Temper.WithdrawsOwed) (legal, more) = (p.owed != 0, p.owed);
        if (mood == Temper.WithdrawsStake) (legal, more) = (_canWithdraw(to), p.unbonding);
        if (mood == Temper.Unbonds) legal = p.free != 0;
        uint256 refund = mood == Temper.Refunds ? _refundable(refunding[to]) : 0;
        if (refund != 0) legal = true;
        require(
            HostileReceiver(payable(to)).reentered() == legal,
            "re-entrancy: a paid receiver's own call went wrong"
        );
        if (!legal) return 0;
        if (mood == Temper.WithdrawsOwed) _takeOwed(to);
        if (mood == Temper.WithdrawsStake) _takeUnbonded(to);
        if (mood == Temper.Unbonds) _startUnbonding(to, 1);
        if (refund != 0) _refund(refunding[to], refund);
    }
}
