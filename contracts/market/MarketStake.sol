// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketStake} from "../interfaces/parts/IMarketStake.sol";
import {Account} from "../libraries/AccountLib.sol";
import {MarketMoney} from "./MarketMoney.sol";

/// @title Stake, withdrawals, delegates
abstract contract MarketStake is IMarketStake, MarketMoney {
    /// @inheritdoc IMarketStake
    function deposit(address operator, uint64 amount) external payable {
        if (operator == address(0)) revert ZeroAddress();
        _payIn(amount);
        Account account = _accounts[operator].addFree(amount);
        if (account.stake() < MIN_STAKE) revert StakeBelowMinimum(account.stake(), MIN_STAKE);
        _accounts[operator] = account;
        emit StakeDeposited(operator, msg.sender, amount);
    }

    /// @inheritdoc IMarketStake
    function startUnbonding(uint64 amount) external {
        if (amount == 0) revert AmountInvalid(0);
        _accounts[msg.sender] = _accounts[msg.sender].takeFree(amount);
        Unbonding storage unbonding = _unbondings[msg.sender];
        unbonding.amount += amount;
        unbonding.availableAt = uint40(block.timestamp) + UNBONDING_DELAY;
        emit UnbondingStarted(msg.sender, amount, unbonding.availableAt);
    }

    /// @inheritdoc IMarketStake
    function withdrawStake(address to) external {
        Unbonding memory unbonding = _unbondings[msg.sender];
        if (unbonding.amount == 0) revert NothingUnbonding();
        if (block.timestamp < unbonding.availableAt) revert StillUnbonding(unbonding.availableAt);
        delete _unbondings[msg.sender];
        emit StakeWithdrawn(msg.sender, to, unbonding.amount);
        _payOut(to, unbonding.amount);
    }

    /// @inheritdoc IMarketStake
    function withdrawOwed(address to) external {
        Account account = _accounts[msg.sender];
        uint64 amount = account.owed();
        if (amount == 0) revert NothingOwed(msg.sender);
        _accounts[msg.sender] = account.clearOwed();
        emit OwedWithdrawn(msg.sender, to, amount);
        _payOut(to, amount);
    }

    /// @inheritdoc IMarketStake
    function setDelegate(address delegate) external {
        address former = _delegates[msg.sender];
        if (former != address(0)) _receiptsUntil[msg.sender][former] = uint40(block.timestamp) + UNBONDING_DELAY;
        _delegates[msg.sender] = delegate;
        emit DelegateSet(msg.sender, delegate);
    }
}
