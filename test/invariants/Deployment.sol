// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarket} from "../../contracts/interfaces/IMarket.sol";
import {Parameters} from "../../contracts/interfaces/IMarketParameters.sol";
import {HostileToken} from "../../contracts/test/HostileToken.sol";
import {PermitToken} from "../../contracts/test/PermitToken.sol";
import {MarketCalls} from "./MarketCalls.sol";
import {vm} from "./Vm.sol";

/// @title The market under test, and what it pays with: the chain's currency, a token as it should be, or one that does what it should not
abstract contract Deployment {
    enum Kind {
        Native,
        Token,
        HostileToken
    }

    uint256 internal constant UNIT = 1 gwei;
    uint64 internal constant MIN_STAKE = 1_000;
    uint40 internal constant UNBONDING_DELAY = 15 days;
    uint40 internal constant LATE_CLAIMS = 15 minutes;
    uint64 internal constant LATE_GAS_REFUND = MIN_STAKE / 100;
    /// @dev Units. All actors together own less than 2^64, as the market may presume of a whole currency.
    uint64 internal constant WEALTH = 5 * 10 ** 17;
    /// @dev Units that a hostile token deposits for itself while it moves money.
    uint64 internal constant RE_ENTERED = 1_500;

    Kind internal immutable KIND;
    address internal immutable TOKEN;
    IMarket internal immutable MARKET;
    /// @dev Smallest units that a token took out of the market's balance by itself.
    uint256 internal shrunk;

    bool internal reEntryWithdraws;

    constructor(Kind kind) {
        KIND = kind;
        if (kind == Kind.Token) TOKEN = address(new PermitToken());
        if (kind == Kind.HostileToken) TOKEN = address(new HostileToken());
        Parameters memory p = Parameters(TOKEN, UNIT, MIN_STAKE, UNBONDING_DELAY, LATE_CLAIMS);
        address court = vm.deployCode("MarketCourt.sol:MarketCourt", abi.encode(p));
        address extension = vm.deployCode("MarketExtension.sol:MarketExtension", abi.encode(court));
        MARKET = IMarket(vm.deployCode("Market.sol:Market", abi.encode(extension)));
    }

    function _enrich(address who) internal {
        if (KIND == Kind.Native) return vm.deal(who, WEALTH * UNIT);
        PermitToken(TOKEN).mint(who, WEALTH * UNIT);
        if (KIND == Kind.HostileToken) return;
        vm.prank(who);
        PermitToken(TOKEN).approve(address(MARKET), type(uint256).max);
    }

    function _balanceOf(address who) internal view returns (uint256) {
        return KIND == Kind.Native ? who.balance : PermitToken(TOKEN).balanceOf(who);
    }

    /// @dev Money that nobody accounts for comes into the market.
    function _force(uint256 amount) internal {
        if (KIND == Kind.Native) vm.deal(address(MARKET), address(MARKET).balance + amount);
        else PermitToken(TOKEN).mint(address(MARKET), amount);
    }

    // ---------------------------------------------------------------- a hostile token's moods

    function _mood() internal view returns (HostileToken.Mode) {
        return KIND == Kind.HostileToken ? HostileToken(TOKEN).mode() : HostileToken.Mode.Honest;
    }

    /// @param withdraws whether, when it calls back, it makes the market pay itself what is owed to the token; or it deposits
    function _setMood(HostileToken.Mode mode, bool withdraws) internal {
        reEntryWithdraws = withdraws;
        bytes memory data =
            withdraws ? MarketCalls.withdrawOwed(address(MARKET)) : MarketCalls.deposit(TOKEN, RE_ENTERED);
        HostileToken(TOKEN).set(mode, address(MARKET), data);
    }

    /// @dev Whether a payment in moves exactly what it should. The market's own balance must not have shrunk before.
    function _movesIn() internal view returns (bool) {
        HostileToken.Mode mood = _mood();
        return
            mood == HostileToken.Mode.Honest ||
            mood == HostileToken.Mode.NoAnswer ||
            mood == HostileToken.Mode.NoPermit ||
            (mood == HostileToken.Mode.ReEnter && (reEntryWithdraws || !_wouldReEnter()));
    }

    /// @dev Whether the next movement of money has the token call back first.
    function _wouldReEnter() internal view returns (bool) {
        return _mood() == HostileToken.Mode.ReEnter && !HostileToken(TOKEN).reentered();
    }

    /// @dev Whether a payment out leaves the market, whatever arrives.
    function _movesOut() internal view returns (bool) {
        HostileToken.Mode mood = _mood();
        return mood != HostileToken.Mode.No && mood != HostileToken.Mode.Revert;
    }

    /// @dev What arrives of a payment out.
    function _arriving(uint256 amount) internal view returns (uint256) {
        HostileToken.Mode mood = _mood();
        if (mood == HostileToken.Mode.Fee) return amount - amount / 10;
        return mood == HostileToken.Mode.Bonus ? amount + 1 : amount;
    }
}
