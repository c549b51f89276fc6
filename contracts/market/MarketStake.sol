// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarket} from "../interfaces/IMarket.sol";
import {Account} from "../libraries/AccountLib.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title Stake and withdrawals
abstract contract MarketStake is MarketBase {
    /// @inheritdoc IMarket
    function deposit(address operator) external payable {
        if (operator == address(0)) revert ZeroAddress();
        uint64 amount = _units(msg.value);
        Account account = _accounts[operator].addFree(amount);
        uint64 stake = account.free() + account.locked();
        if (stake < MIN_STAKE) revert StakeBelowMinimum(stake, MIN_STAKE);
        _accounts[operator] = account;
        emit StakeDeposited(operator, msg.sender, amount);
    }

    /// @inheritdoc IMarket
    function startUnbonding(uint64 amount) external {
        if (amount == 0) revert AmountInvalid(0);
        _accounts[msg.sender] = _accounts[msg.sender].takeFree(amount);
        Unbonding storage unbonding = _unbondings[msg.sender];
        unbonding.amount += amount;
        unbonding.availableAt = uint40(block.timestamp) + UNBONDING_DELAY;
        emit UnbondingStarted(msg.sender, amount, unbonding.availableAt);
    }

    /// @inheritdoc IMarket
    function withdrawStake(address to) external {
        Unbonding memory unbonding = _unbondings[msg.sender];
        if (unbonding.amount == 0) revert NothingUnbonding();
        if (block.timestamp < unbonding.availableAt) revert StillUnbonding(unbonding.availableAt);
        delete _unbondings[msg.sender];
        emit StakeWithdrawn(msg.sender, to, unbonding.amount);
        _pay(to, unbonding.amount);
    }

    /// @inheritdoc IMarket
    function withdrawOwed(address to) external {
        Account account = _accounts[msg.sender];
        uint64 amount = account.owed();
        if (amount == 0) revert NothingOwed(msg.sender);
        _accounts[msg.sender] = account.clearOwed();
        emit OwedWithdrawn(msg.sender, to, amount);
        _pay(to, amount);
    }
}
