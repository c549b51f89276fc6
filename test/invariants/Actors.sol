// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ContractSigner} from "../../contracts/test/ContractSigner.sol";
import {EchoVerifier} from "../../contracts/test/EchoVerifier.sol";
import {HostileReceiver} from "../../contracts/test/HostileReceiver.sol";
import {HostileVerifier} from "../../contracts/test/HostileVerifier.sol";
import {Deployment} from "./Deployment.sol";
import {Dice} from "./Dice.sol";
import {Forms} from "./Forms.sol";
import {MarketCalls} from "./MarketCalls.sol";
import {vm} from "./Vm.sol";

/// @title Everybody who uses the market
/// @notice Each actor has a usual role, and now and then plays any other, so that two roles in one hand are tried too.
abstract contract Actors is Deployment {
    uint256 internal constant VERIFIER_GAS = 60_000;

    bytes32 internal immutable DOMAIN;

    address[] internal actors;
    address[] internal requesters;
    address[] internal coordinators;
    address[] internal operators;
    address[] internal jurors;
    HostileReceiver[] internal hostiles;
    address[] internal verifiers;
    address internal immutable ECHO;
    address internal immutable NEEDS_GAS;
    mapping(address signer => uint256) internal keys;
    mapping(address => bool) internal isHostile;
    /// @dev A contract without `receive`.
    address internal immutable UNPAYABLE;

    constructor(Kind kind) Deployment(kind) {
        DOMAIN = Forms.domainOf(address(MARKET));
        requesters.push(_person("requester 1"));
        requesters.push(_person("requester 2"));
        requesters.push(_hostile("requester with code"));
        coordinators.push(_person("coordinator 1"));
        coordinators.push(_person("coordinator 2"));
        UNPAYABLE = address(new ContractSigner(coordinators[0]));
        keys[UNPAYABLE] = keys[coordinators[0]];
        coordinators.push(_actor(UNPAYABLE, "coordinator with code"));
        for (uint256 i = 0; i < 3; ++i) operators.push(_person("operator"));
        operators.push(_hostile("operator with code"));
        _person("challenger");
        _person("stranger");
        for (uint256 i = 0; i < 6; ++i) jurors.push(_person("juror"));
        if (TOKEN != address(0)) _actor(TOKEN, "token");

        ECHO = address(new EchoVerifier());
        HostileVerifier.Mode[6] memory modes = [
            HostileVerifier.Mode.Revert,
            HostileVerifier.Mode.BurnGas,
            HostileVerifier.Mode.ReturnBomb,
            HostileVerifier.Mode.ReturnNothing,
            HostileVerifier.Mode.ReturnTwo,
            HostileVerifier.Mode.ReEnter
        ];
        for (uint256 i = 0; i < modes.length; ++i) verifiers.push(_verifier(modes[i]));
        NEEDS_GAS = _verifier(HostileVerifier.Mode.NeedGas);
        verifiers.push(NEEDS_GAS);
    }

    // ---------------------------------------------------------------- picks

    function _anyone(Dice memory d) internal view returns (address) {
        return actors[d.roll(actors.length)];
    }

    function _requester(Dice memory d) internal view returns (address) {
        return d.oneIn(6) ? _anyone(d) : requesters[d.roll(requesters.length)];
    }

    /// @dev Only somebody who can sign: receivers with code can't.
    function _coordinator(Dice memory d) internal view returns (address who) {
        who = d.oneIn(6) ? _anyone(d) : coordinators[d.roll(coordinators.length)];
        if (keys[who] == 0) who = coordinators[0];
    }

    function _operator(Dice memory d) internal view returns (address) {
        return d.oneIn(8) ? _anyone(d) : operators[d.roll(operators.length)];
    }

    // ---------------------------------------------------------------- what actors and verifiers do

    function _sign(address signer, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[signer], digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev What the verifier must answer, whatever the market makes of it.
    function _saysYes(address verifier, bytes memory statement, bytes memory result) internal view returns (bool) {
        return verifier == ECHO ? keccak256(statement) == keccak256(result) : verifier == NEEDS_GAS;
    }

    // ---------------------------------------------------------------- internal

    function _person(string memory name) private returns (address who) {
        uint256 key = uint256(keccak256(abi.encode(name, actors.length)));
        who = vm.addr(key);
        keys[who] = key;
        return _actor(who, name);
    }

    function _hostile(string memory name) private returns (address) {
        HostileReceiver receiver = new HostileReceiver();
        hostiles.push(receiver);
        isHostile[address(receiver)] = true;
        return _actor(address(receiver), name);
    }

    function _actor(address who, string memory name) private returns (address) {
        actors.push(who);
        _enrich(who);
        vm.label(who, name);
        return who;
    }

    function _verifier(HostileVerifier.Mode mode) private returns (address) {
        HostileVerifier verifier = new HostileVerifier();
        verifier.set(mode, address(MARKET), MarketCalls.startUnbonding(1), VERIFIER_GAS - 5_000);
        return address(verifier);
    }
}
