// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rule} from "../../../contracts/interfaces/MarketTypes.sol";
import {Dice, DiceLib} from "../Dice.sol";
import {Forms} from "../Forms.sol";
import {MarketCalls} from "../MarketCalls.sol";
import {Claim, Sender, Want} from "../Types.sol";
import {WorkHandler} from "./WorkHandler.sol";

/// @title Claims that end without a result: released, conceded, expired
abstract contract EndsHandler is WorkHandler {
    function release(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Live);
        if (id == 0 || d.oneIn(2)) return;
        Claim memory c = claims[id];
        (uint192 part, bool legal) = _part(d, id);
        uint192 released = part == 0 ? c.mask : part;
        bytes memory signature;
        bool early = d.oneIn(4);
        if (!early) {
            bool signed;
            (signature, signed) = _releaseSignature(d, c, released);
            if (!signed) legal = false;
        }
        if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        Sender memory sender = _sender(d, c.operator);
        if (!sender.isAllowed) legal = false;
        string memory name = early ? "release early" : "release";
        if (!_act(name, sender.by, MarketCalls.release(c, part, signature), legal)) return;
        uint256 penalty = early ? (DiceLib.count(released) * claims[id].bond + 9) / 10 : 0;
        burned += penalty;
        _giveBack(id, released, penalty);
    }

    function concede(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, d.oneIn(8) ? Want.Live : Want.Concedable);
        if (id == 0) return;
        Claim memory c = claims[id];
        (uint192 part, bool legal) = _part(d, id);
        uint192 conceded = part == 0 ? c.mask : part;
        uint256 commitments = DiceLib.count(conceded);
        if (d.oneIn(20)) (commitments, legal) = (commitments + 1, false);
        if (c.rule != Rule.Accepted) legal = false;
        Sender memory sender = _sender(d, c.operator);
        if (!sender.isAllowed) legal = false;
        if (_act("concede", sender.by, MarketCalls.concede(c, part, commitments), legal)) _giveBack(id, conceded, 0);
    }

    function expire(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, d.oneIn(12) ? Want.Live : Want.Overdue);
        if (id == 0) return;
        Claim memory c = claims[id];
        bool legal = _is(id, Want.Overdue);
        if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        address by = _anyone(d);
        if (_act("expire", by, MarketCalls.expire(c), legal)) _expire(id, c.mask, by);
    }

    // ---------------------------------------------------------------- internal

    function _giveBack(uint256 id, uint192 part, uint256 penalty) private {
        _unlockBonds(claims[id], part, penalty);
        _leave(id, part);
    }

    /// @dev The coordinator's, or now and then somebody else's.
    function _releaseSignature(
        Dice memory d,
        Claim memory c,
        uint192 part
    ) private view returns (bytes memory signature, bool isRight) {
        address signer = flows[c.workflow].coordinator;
        address by = d.oneIn(12) ? operators[d.roll(2)] : signer;
        uint192 whole = c.mask;
        c.mask = part;
        signature = _sign(by, Forms.releaseDigest(DOMAIN, c));
        c.mask = whole;
        isRight = keys[by] == keys[signer];
    }

    /// @dev Zero (all), a part, or now and then what is no part of the claim.
    function _part(Dice memory d, uint256 id) private view returns (uint192 part, bool legal) {
        uint192 mask = claims[id].mask;
        legal = _is(id, Want.Live);
        if (!d.oneIn(2) || mask == 0) return (0, legal);
        part = d.subset(mask, 3);
        if (d.oneIn(15)) (part, legal) = (~mask, false);
    }
}
