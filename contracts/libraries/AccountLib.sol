// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketErrors} from "../interfaces/IMarketErrors.sol";

/// @notice One address's money in one word, in units: free stake (bits 0..63), locked bonds (64..127), owed rewards (128..191).
/// @dev The top 64 bits stay zero.
type Account is uint256;

using AccountLib for Account global;

/// @title Arithmetic on packed accounts
/// @dev Unchecked throughout: the market holds less than 2^64 units at any time (MarketMoney), and no field can hold more than the
/// market does, so no field overflows into the next. What is unlocked was locked before: slots stand for it by their digest.
library AccountLib {
    function free(Account a) internal pure returns (uint64) {
        return uint64(Account.unwrap(a));
    }

    function locked(Account a) internal pure returns (uint64) {
        return uint64(Account.unwrap(a) >> 64);
    }

    function owed(Account a) internal pure returns (uint64) {
        return uint64(Account.unwrap(a) >> 128);
    }

    /// @notice Free and locked.
    function stake(Account a) internal pure returns (uint64) {
        unchecked {
            return a.free() + a.locked();
        }
    }

    function addFree(Account a, uint256 amount) internal pure returns (Account) {
        unchecked {
            return Account.wrap(Account.unwrap(a) + amount);
        }
    }

    /// @dev Reverts with StakeInsufficient if the free stake is smaller.
    function takeFree(Account a, uint256 amount) internal pure returns (Account) {
        if (a.free() < amount) revert IMarketErrors.StakeInsufficient(a.free(), amount);
        unchecked {
            return Account.wrap(Account.unwrap(a) - amount);
        }
    }

    /// @notice Moves free stake under lock. Reverts with StakeInsufficient if the free stake is smaller.
    function lock(Account a, uint256 amount) internal pure returns (Account) {
        if (a.free() < amount) revert IMarketErrors.StakeInsufficient(a.free(), amount);
        unchecked {
            return Account.wrap(Account.unwrap(a) - amount + (amount << 64));
        }
    }

    /// @notice Ends a lock: `back` returns to the free stake, `slashed` leaves the account.
    function unlock(Account a, uint256 back, uint256 slashed) internal pure returns (Account) {
        unchecked {
            return Account.wrap(Account.unwrap(a) + back - ((back + slashed) << 64));
        }
    }

    function addOwed(Account a, uint256 amount) internal pure returns (Account) {
        unchecked {
            return Account.wrap(Account.unwrap(a) + (amount << 128));
        }
    }

    function clearOwed(Account a) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(a) & type(uint128).max);
    }
}
