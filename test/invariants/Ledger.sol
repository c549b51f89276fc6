// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Actors} from "./Actors.sol";
import {Purse, Sender} from "./Types.sol";
import {Dice} from "./Dice.sol";

/// @title Ghost accounts: what everybody must have in the market, in units; and who may act for whom
/// @notice Accounts that an action touched are noted, so that the next check looks at those.
abstract contract Ledger is Actors {
    mapping(address => Purse) internal purses;
    /// @dev Units that came in, went out, and were burned.
    uint256 internal totalIn;
    uint256 internal totalOut;
    uint256 internal burned;
    /// @dev Smallest units that were forced in.
    uint256 internal forced;
    mapping(address operator => uint256) internal everLocked;
    mapping(address operator => uint256) internal everSlashed;
    address[] internal touchedAccounts;
    mapping(address operator => address) internal delegates;
    mapping(address operator => address) internal formers;
    mapping(address operator => mapping(address key => uint256)) internal receiptsUntil;

    function _purse(address account) internal returns (Purse storage) {
        touchedAccounts.push(account);
        return purses[account];
    }

    function _creditOwed(address account, uint256 amount) internal {
        if (amount != 0) _purse(account).owed += uint64(amount);
    }

    function _addStake(address operator, uint256 amount) internal {
        totalIn += amount;
        _purse(operator).free += uint64(amount);
    }

    /// @dev A hostile token has called back while it moved money. @return moved smallest units from the token to the market
    function _afterReEntry() internal returns (uint256 moved) {
        if (reEntryWithdraws) {
            Purse storage p = _purse(TOKEN);
            totalOut += p.owed; // the market has paid itself: nobody's any more
            forced += uint256(p.owed) * UNIT;
            p.owed = 0;
            return 0;
        }
        _addStake(TOKEN, RE_ENTERED);
        return uint256(RE_ENTERED) * UNIT;
    }

    function _lock(address operator, uint256 amount) internal {
        Purse storage p = _purse(operator);
        p.free -= uint64(amount);
        p.locked += uint64(amount);
        everLocked[operator] += amount;
    }

    /// @dev Ends a lock. `slashed` leaves the account, the rest is free again.
    function _unlock(address operator, uint256 amount, uint256 slashed) internal {
        Purse storage p = _purse(operator);
        p.locked -= uint64(amount);
        p.free += uint64(amount - slashed);
        everSlashed[operator] += slashed;
    }

    // ---------------------------------------------------------------- who acts

    /// @dev The operator, most often; its delegate, if it has one; now and then somebody else.
    function _sender(Dice memory d, address operator) internal view returns (Sender memory) {
        address delegate = delegates[operator];
        if (delegate != address(0) && d.oneIn(4)) return Sender(delegate, true, true);
        if (d.oneIn(30)) {
            address by = _anyone(d);
            return Sender(by, true, by == operator || by == delegate);
        }
        if (d.oneIn(60)) {
            address by = _anyone(d);
            if (by != delegate) return Sender(by, false, by == operator);
        }
        return Sender(operator, d.oneIn(10), true);
    }

    /// @dev Somebody with enough free stake, if a few tries find one.
    function _withFree(Dice memory d, uint256 amount) internal view returns (address who) {
        for (uint256 i = 0; i < 6; ++i) {
            who = _anyone(d);
            if (purses[who].free >= amount) break;
        }
    }
}
