// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {HostileToken} from "../../contracts/test/HostileToken.sol";
import {Court} from "./Court.sol";
import {Dice} from "./Dice.sol";
import {MarketCalls} from "./MarketCalls.sol";
import {vm} from "./Vm.sol";

/// @title Sends the calls, holds the market to what the ghosts say about them, and counts
abstract contract World is Court {
    struct Tally {
        uint64 done;
        uint64 refused;
    }

    uint256 internal calls;
    string[] private names;
    mapping(string name => Tally) private tallies;
    bytes4[] private errors;
    mapping(bytes4 error => uint256) private refusals;

    /// @dev Starts an action: the next check looks at what it touches.
    modifier action() {
        ++calls;
        delete touchedAccounts;
        delete touchedFlows;
        delete touchedClaims;
        delete touchedCases;
        _;
    }

    /// @dev In a token's market, one of sixteen calls comes behind a permit, which changes nothing about it.
    function _act(string memory name, address from, bytes memory data, bool legal) internal returns (bool) {
        bool wrap = KIND != Kind.Native && calls % 16 == 0 && !_wouldReEnter();
        return _call(name, from, 0, wrap ? MarketCalls.withPermit(data) : data, legal, gasleft());
    }

    function _actWithGas(
        string memory name,
        address from,
        bytes memory data,
        bool legal,
        uint256 gas
    ) internal returns (bool) {
        return _call(name, from, 0, data, legal, gas);
    }

    /// @dev A call that pays `amount` units in; now and then with another value than it says.
    function _actPaying(
        Dice memory d,
        string memory name,
        address from,
        uint256 amount,
        bytes memory data,
        bool legal
    ) internal returns (bool) {
        bool isNative = KIND == Kind.Native;
        uint256 due = amount * UNIT;
        uint256 value = isNative ? due : 0;
        if (d.oneIn(30)) value = d.oneIn(2) || value == 0 ? value + d.between(1, UNIT) : value - d.between(1, UNIT);
        if (amount == 0 || value != (isNative ? due : 0) || _balanceOf(from) < due) legal = false;
        if (!isNative && (!_movesIn() || _balanceOf(address(MARKET)) < (totalIn - totalOut) * UNIT)) legal = false;
        if (value > from.balance && !isNative) vm.deal(from, value);
        if (!isNative && d.oneIn(8) && !_wouldReEnter()) data = MarketCalls.withPermit(data);
        bool reEnters = _wouldReEnter();
        bool ok = _call(name, from, value, data, legal, gasleft());
        if (ok && reEnters && HostileToken(TOKEN).reentered()) _afterReEntry();
        return ok;
    }

    /// @dev Calls the market. Reverts, and so fails the campaign, if the market and the ghosts disagree on whether it is legal.
    function _call(
        string memory name,
        address from,
        uint256 value,
        bytes memory data,
        bool legal,
        uint256 gas
    ) private returns (bool ok) {
        bytes memory out;
        if (value > from.balance) legal = false;
        vm.prank(from);
        (ok, out) = address(MARKET).call{value: value, gas: gas}(data);
        Tally storage t = tallies[name];
        if (t.done + t.refused == 0) names.push(name);
        if (ok) {
            ++t.done;
        } else {
            ++t.refused;
            if (refusals[bytes4(out)]++ == 0) errors.push(bytes4(out));
        }
        require(legal || !ok, string.concat("accepted, but must be refused: ", name));
        if (legal && !ok) {
            require(out.length >= 4, string.concat("reverted without a reason, but is legal: ", name));
            assembly {
                revert(add(out, 0x20), mload(out)) // legal, yet refused: the market's own error says why
            }
        }
    }

    /// @return line the counts so far, as JSON: {"actions":{"name":[done,refused],...},"errors":{"selector as a number":n,...}}
    function summary() public view returns (string memory line) {
        line = '{"actions":{';
        for (uint256 i = 0; i < names.length; ++i) {
            Tally storage t = tallies[names[i]];
            string memory counts = string.concat("[", vm.toString(t.done), ",", vm.toString(t.refused), "]");
            line = string.concat(line, i == 0 ? '"' : ',"', names[i], '":', counts);
        }
        line = string.concat(line, '},"errors":{');
        for (uint256 i = 0; i < errors.length; ++i) {
            string memory selector = string.concat('"', vm.toString(uint32(errors[i])), '":');
            line = string.concat(line, i == 0 ? "" : ",", selector, vm.toString(refusals[errors[i]]));
        }
        line = string.concat(line, "}}");
    }
}
