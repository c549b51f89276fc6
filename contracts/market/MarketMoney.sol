// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketMoney} from "../interfaces/parts/IMarketMoney.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title What comes in and what goes out, in the native currency or in a token
abstract contract MarketMoney is IMarketMoney, MarketBase {
    using SafeERC20 for IERC20;

    /// @dev The code's own address: money that came in there would be in nobody's account.
    address private immutable _SELF = address(this);

    /// @inheritdoc IMarketMoney
    function permitAndCall(
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s,
        bytes calldata call
    ) external returns (bytes memory answer) {
        if (TOKEN == address(0)) revert NotAToken();
        try IERC20Permit(TOKEN).permit(msg.sender, address(this), value, deadline, v, r, s) {} catch {}
        bool ok;
        (ok, answer) = address(this).delegatecall(call);
        if (ok) return answer;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }

    // ---------------------------------------------------------------- internal

    /// @dev Takes `amount` units from the caller, before anything else changes. The token is asked what has really come.
    function _payIn(uint64 amount) internal {
        if (address(this) == _SELF) revert NotTheMarket();
        if (amount == 0) revert AmountInvalid(0);
        uint256 value = amount * UNIT;
        if (TOKEN == address(0)) {
            if (msg.value != value) revert AmountInvalid(msg.value);
        } else {
            if (msg.value != 0) revert AmountInvalid(msg.value);
            uint256 before = IERC20(TOKEN).balanceOf(address(this));
            // A balance that has shrunk by itself would be paid back with the next one's money.
            if (before < _held * UNIT) revert TokenShort(before, _held * UNIT);
            IERC20(TOKEN).safeTransferFrom(msg.sender, address(this), value);
            uint256 received = IERC20(TOKEN).balanceOf(address(this)) - before;
            if (received != value) revert TokenShort(received, value);
        }
        uint256 held = uint256(_held) + amount; // read now: the token may have called back
        if (held > type(uint64).max) revert AmountInvalid(amount);
        _held = uint64(held);
    }

    /// @dev Sends units out; the last thing that a function does.
    function _payOut(address to, uint64 amount) internal {
        if (to == address(0)) revert ZeroAddress();
        if (to == address(this)) revert PaymentFailed(to); // the units would be nobody's
        _held -= amount;
        if (TOKEN == address(0)) {
            (bool ok, ) = to.call{value: amount * UNIT}("");
            if (!ok) revert PaymentFailed(to);
        } else if (!IERC20(TOKEN).trySafeTransfer(to, amount * UNIT)) revert PaymentFailed(to);
    }
}
