// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rule} from "../../../contracts/interfaces/MarketTypes.sol";
import {Dice, DiceLib} from "../Dice.sol";
import {Forms} from "../Forms.sol";
import {MarketCalls} from "../MarketCalls.sol";
import {Claim, Commit, Sender, Want, Wish} from "../Types.sol";
import {ClaimHandler} from "./ClaimHandler.sol";

/// @title Commitments and settlements, alone and with a claim in one transaction
abstract contract WorkHandler is ClaimHandler {
    function commit(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Committable);
        if (id == 0) return;
        (Commit memory call, bool legal) = _commitCall(d, id);
        Commit[] memory one = new Commit[](1);
        one[0] = call;
        if (_advance(d, "commit", call.claim.operator, new Claim[](0), one, legal)) _applyCommit(id, call);
    }

    function settle(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, Want.Matured);
        if (id == 0) return;
        Claim memory c = claims[id];
        bool legal = _is(id, Want.Matured);
        if (d.oneIn(20)) legal = !_tamper(d, c) && legal;
        Claim[] memory one = new Claim[](1);
        one[0] = c;
        if (_advance(d, "settle", c.operator, one, new Commit[](0), legal)) _payTasks(id);
    }

    /// @notice What an operator's plan does: settles what matured, commits, and claims anew, all at once.
    function advance(uint256 seed) external action {
        Dice memory d = Dice(seed);
        address operator = _staked(d);
        uint256[] memory matured = _maturedOf(operator, 3);
        Claim[] memory settles = new Claim[](matured.length);
        for (uint256 i = 0; i < matured.length; ++i) settles[i] = claims[matured[i]];
        Commit[] memory commits = new Commit[](0);
        uint256 committing = _claimOf(d, operator);
        if (committing != 0) {
            (Commit memory call, bool legal) = _commitCall(d, committing);
            if (legal) {
                commits = new Commit[](1);
                commits[0] = call;
            }
        }
        Wish[] memory wishes = _wishes(d, operator, commits);
        if (settles.length + commits.length + wishes.length < 2) return;
        address isFor = d.oneIn(2) ? operator : address(0);
        address by = isFor != address(0) && delegates[operator] != address(0) ? delegates[operator] : operator;
        _act("advance", by, MarketCalls.advance(address(MARKET), isFor, settles, commits, wishes), true);
        for (uint256 i = 0; i < matured.length; ++i) _payTasks(matured[i]);
        if (commits.length != 0) _applyCommit(committing, commits[0]);
        if (wishes.length != 0) _apply(wishes[0]);
    }

    /// @notice Bytes that end too early or too late.
    function advanceMalformed(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint256 id = _pickClaim(d, d.oneIn(2) ? Want.Matured : Want.Committable);
        if (id == 0 || !_is(id, Want.Matured) || !d.oneIn(4)) return;
        Claim[] memory one = new Claim[](1);
        one[0] = claims[id];
        bytes memory data = MarketCalls.advance(address(MARKET), address(0), one, new Commit[](0), new Wish[](0));
        // The bytes' length is the word behind selector and offset.
        uint256 length = d.oneIn(2) ? 67 : 69;
        data[67] = bytes1(uint8(uint256(uint8(data[67])) - 68 + length));
        _act("advance malformed", claims[id].operator, data, false);
    }

    // ---------------------------------------------------------------- internal

    function _advance(
        Dice memory d,
        string memory name,
        address operator,
        Claim[] memory settles,
        Commit[] memory commits,
        bool legal
    ) private returns (bool) {
        Sender memory sender = _sender(d, operator);
        address isFor = sender.isFor ? operator : address(0);
        bytes memory data = MarketCalls.advance(address(MARKET), isFor, settles, commits, new Wish[](0));
        return _act(name, sender.by, data, legal && sender.isAllowed);
    }

    /// @dev Changes one thing of a claim, so that its ticket is not the one that the slot stands for.
    function _tamper(Dice memory d, Claim memory c) internal pure returns (bool) {
        uint256 kind = d.roll(8);
        if (kind == 0) ++c.price;
        if (kind == 1) --c.bond;
        if (kind == 2) c.isOpen = !c.isOpen;
        if (kind == 3) c.mask = (c.mask << 1) | 1;
        if (kind == 4) ++c.attempt;
        if (kind == 5) ++c.window;
        if (kind == 6) c.root = keccak256(abi.encode(c.root));
        if (kind == 7) c.judgeHash = keccak256(abi.encode(c.judgeHash));
        return true;
    }

    function _commitCall(Dice memory d, uint256 id) private view returns (Commit memory call, bool legal) {
        Claim memory c = claims[id];
        legal = _is(id, Want.Committable);
        call.claim = c;
        Claim memory part = claims[id];
        if (d.oneIn(3) && c.mask != 0) {
            call.part = d.subset(c.mask, 3);
            call.partSlot = _freeSlot(d, c.operator);
            if (call.part == c.mask && !d.oneIn(8)) call.part = 0;
            if (call.part == c.mask || (call.part != 0 && occupied[c.operator][call.partSlot] != 0)) legal = false;
            if (call.part != 0) part.mask = call.part;
        }
        if (c.rule == Rule.Accepted) {
            address signer = flows[c.workflow].coordinator;
            address by = d.oneIn(20) ? operators[d.roll(2)] : signer;
            call.acceptance = _sign(by, Forms.acceptanceDigest(DOMAIN, address(MARKET), part));
            if (keys[by] != keys[signer]) legal = false;
        }
        if (d.oneIn(30) && DiceLib.count(part.mask) != 0) (call.oneShort, legal) = (true, false);
        else if (d.oneIn(30)) legal = !_tamper(d, c) && legal;
    }

    function _applyCommit(uint256 id, Commit memory call) private {
        uint192 part = call.part == 0 ? claims[id].mask : call.part;
        _commitPart(id, part, call.partSlot, uint40(block.timestamp) + claims[id].window);
    }

    function _maturedOf(address operator, uint256 most) private view returns (uint256[] memory ids) {
        uint256[] memory found = new uint256[](most);
        uint256 n;
        for (uint256 i = 0; i < live.length && n < most; ++i)
            if (claims[live[i]].operator == operator && _is(live[i], Want.Matured)) found[n++] = live[i];
        ids = new uint256[](n);
        for (uint256 i = 0; i < n; ++i) ids[i] = found[i];
    }

    function _claimOf(Dice memory d, address operator) private view returns (uint256) {
        for (uint256 i = 0; i < 4; ++i) {
            uint256 id = _pickClaim(d, Want.Committable);
            if (id != 0 && claims[id].operator == operator) return id;
        }
        return 0;
    }

    /// @dev One legal wish, or none. Its slot is not the one that a commitment of a part goes to.
    function _wishes(
        Dice memory d,
        address operator,
        Commit[] memory commits
    ) private view returns (Wish[] memory wishes) {
        wishes = new Wish[](0);
        uint256 overdue = d.oneIn(3) ? _pickOverdue(d, operator) : 0;
        uint48 workflow = _pickFlow(d);
        if (workflow == 0) return wishes;
        Wish memory wish =
            overdue != 0 ? _takeOverWish(d, operator, overdue) : _freshWish(d, operator, workflow, false);
        bool clash = commits.length != 0 && commits[0].part != 0 && commits[0].partSlot == wish.claim.slot;
        if (!_isLegal(wish) || clash) return wishes;
        wishes = new Wish[](1);
        wishes[0] = wish;
    }
}
