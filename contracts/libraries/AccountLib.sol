// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarket} from "../interfaces/IMarket.sol";

/// @notice One address's money in one word, in units: free stake (bits 0..63), locked bonds (64..127), owed rewards (128..191).
/// @dev The top 64 bits stay zero. Sums can't overflow 64 bits as long as UNIT keeps the whole supply below 2^64 units.
type Account is uint256;

using AccountLib for Account global;

/// @title Arithmetic on packed accounts
library AccountLib {
    uint256 private constant FIELD = type(uint64).max;

    function free(Account a) internal pure returns (uint64) {
        return uint64(Account.unwrap(a));
    }

    function locked(Account a) internal pure returns (uint64) {
        return uint64(Account.unwrap(a) >> 64);
    }

    function owed(Account a) internal pure returns (uint64) {
        return uint64(Account.unwrap(a) >> 128);
    }

    function pack(uint256 free_, uint256 locked_, uint256 owed_) internal pure returns (Account) {
        if ((free_ | locked_ | owed_) > FIELD) revert IMarket.AmountInvalid(free_ | locked_ | owed_);
        return Account.wrap(free_ | (locked_ << 64) | (owed_ << 128));
    }

    function addFree(Account a, uint256 amount) internal pure returns (Account) {
        return pack(uint256(a.free()) + amount, a.locked(), a.owed());
    }

    /// @dev Reverts with StakeInsufficient if the free stake is smaller.
    function takeFree(Account a, uint256 amount) internal pure returns (Account) {
        if (a.free() < amount) revert IMarket.StakeInsufficient(a.free(), amount);
        return Account.wrap(Account.unwrap(a) - amount);
    }

    /// @notice Moves free stake under lock. Reverts with StakeInsufficient if the free stake is smaller.
    function lock(Account a, uint256 amount) internal pure returns (Account) {
        return pack(a.takeFree(amount).free(), uint256(a.locked()) + amount, a.owed());
    }

    /// @notice Ends a lock: `back` returns to the free stake, `slashed` leaves the account.
    function unlock(Account a, uint256 back, uint256 slashed) internal pure returns (Account) {
        return pack(uint256(a.free()) + back, uint256(a.locked()) - back - slashed, a.owed());
    }

    function addOwed(Account a, uint256 amount) internal pure returns (Account) {
        return pack(a.free(), a.locked(), uint256(a.owed()) + amount);
    }

    function clearOwed(Account a) internal pure returns (Account) {
        return pack(a.free(), a.locked(), 0);
    }
}
