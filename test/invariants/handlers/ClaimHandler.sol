// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {StepTerms} from "../../../contracts/interfaces/MarketTypes.sol";
import {Dice, DiceLib} from "../Dice.sol";
import {Forms} from "../Forms.sol";
import {MarketCalls} from "../MarketCalls.sol";
import {Claim, Commit, Flow, Phase, Purse, Sender, Status, Task, Want, Wish} from "../Types.sol";
import {World} from "../World.sol";

/// @title Claims: of free tasks, of tasks that are held, and take-overs of expired claims
abstract contract ClaimHandler is World {
    uint16 private constant SLOTS = 6;

    function claim(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        if (workflow == 0) return;
        _claim(d, "claim", _freshWish(d, _staked(d), workflow, false));
    }

    /// @notice Tasks that somebody holds or was paid for, without taking them over.
    function claimHeld(uint256 seed) external action {
        Dice memory d = Dice(seed);
        uint48 workflow = _pickFlow(d);
        if (workflow == 0 || !d.oneIn(4)) return;
        _claim(d, "claimHeld", _freshWish(d, _staked(d), workflow, true));
    }

    function takeOver(uint256 seed) external action {
        Dice memory d = Dice(seed);
        address operator = _staked(d);
        uint256 id = _pickOverdue(d, operator);
        if (id != 0) _claim(d, "takeOver", _takeOverWish(d, operator, id));
    }

    // ---------------------------------------------------------------- shared with `advance` of many things

    /// @dev A wish for free tasks of the workflow (or, if `held`, for any), signed by its coordinator.
    function _freshWish(
        Dice memory d,
        address operator,
        uint48 workflow,
        bool held
    ) internal view returns (Wish memory wish) {
        Flow storage f = flows[workflow];
        Claim memory c = wish.claim;
        (c.operator, c.workflow) = (operator, workflow);
        uint192 stepMask;
        uint192 free;
        for (uint256 i = 0; i < 4 && free == 0; ++i) {
            c.step = uint8(d.roll(f.steps.length));
            StepTerms storage s = f.steps[c.step];
            c.word = uint16(d.between(s.firstTask / WORD, (s.firstTask + s.maxTasks - 1) / WORD));
            stepMask = _stepMask(s, c.word);
            free = stepMask & ~blocked[workflow][c.word];
        }
        StepTerms storage step = f.steps[c.step];
        uint256 most = purses[operator].free / step.bond;
        uint256 wanted = d.oneIn(20) ? 128 : d.between(1, 6);
        if (d.oneIn(50)) most = wanted;
        c.mask = d.subset(held || d.oneIn(50) ? stepMask : free, most < wanted ? most : wanted);
        c.offered = d.oneIn(3) ? c.mask | d.subset(stepMask, 3) : c.mask;
        c.attempt = _nextAttempt(workflow, c.word, c.mask);
        if (d.oneIn(12)) c.attempt = uint16(d.roll(uint256(c.attempt) + 3)); // fenced, or higher than need be
        _finish(d, wish);
    }

    /// @dev A wish for tasks of an expired claim, and perhaps some free ones.
    function _takeOverWish(Dice memory d, address operator, uint256 id) internal view returns (Wish memory wish) {
        Claim memory old = claims[id];
        Claim memory c = wish.claim;
        (c.operator, c.workflow, c.step, c.word) = (operator, old.workflow, old.step, old.word);
        uint192 free = _stepMask(flows[c.workflow].steps[c.step], c.word) & ~blocked[c.workflow][c.word];
        c.mask = d.oneIn(2) ? old.mask : d.subset(old.mask, 4);
        if (d.oneIn(3)) c.mask |= d.subset(free, 2);
        c.offered = c.mask;
        c.attempt = _nextAttempt(c.workflow, c.word, c.mask);
        if (c.attempt <= old.attempt && !d.oneIn(10)) c.attempt = old.attempt + 1;
        wish.over = new Claim[](1);
        wish.over[0] = old;
        uint256 other = _pickClaim(d, Want.Overdue); // a second one, if it fits, and even if it does not, now and then
        if (other != 0 && other != id && (d.oneIn(20) || _sameWord(claims[other], c))) {
            wish.over = new Claim[](2);
            (wish.over[0], wish.over[1]) = (old, claims[other]);
            c.mask |= claims[other].mask;
            c.offered |= claims[other].mask;
            if (claims[other].attempt >= c.attempt) c.attempt = claims[other].attempt + 1;
        }
        _finish(d, wish);
    }

    function _isLegal(Wish memory wish) internal view returns (bool) {
        Claim memory c = wish.claim;
        Flow storage f = flows[c.workflow];
        StepTerms storage step = f.steps[c.step];
        uint256 n = DiceLib.count(c.mask);
        if (wish.spoiled || c.attempt == 0 || !_takesClaims(f) || occupied[c.operator][c.slot] != 0) return false;
        if (n == 0 || n > 128 || c.mask & ~(c.offered & _stepMask(step, c.word)) != 0) return false;
        if (c.price > step.ceiling) return false;
        if (wish.claimBy < block.timestamp || wish.claimBy > block.timestamp + step.claimTime) return false;
        Purse storage p = purses[c.operator];
        if (p.free < n * step.bond || p.free + p.locked < MIN_STAKE) return false;
        return _tasksAreLegal(wish);
    }

    /// @dev Ends what is taken over, and notes the new claim.
    function _apply(Wish memory wish) internal {
        Claim memory c = wish.claim;
        for (uint256 i = 0; i < wish.over.length; ++i) {
            Claim memory old = wish.over[i];
            uint256 id = occupied[old.operator][old.slot];
            _expire(id, old.mask & c.mask, c.operator);
        }
        _hold(c);
    }

    /// @dev Ends tasks of an expired claim: a fifth of their bonds is lost, and burned but for a refund to whoever ends the last.
    function _expire(uint256 id, uint192 part, address by) internal {
        Claim storage c = claims[id];
        require(_is(id, Want.Overdue), "transitions: expired a claim that is not late");
        uint256 bonds = DiceLib.count(part) * c.bond;
        uint256 penalty = (bonds + 4) / 5;
        uint256 gasRefund =
            part != c.mask
                ? 0
                : penalty < LATE_GAS_REFUND
                    ? penalty
                    : LATE_GAS_REFUND;
        _unlockBonds(c, part, penalty);
        _leave(id, part);
        _creditOwed(by, gasRefund);
        burned += penalty - gasRefund;
    }

    /// @dev An operator with some free stake, if a few tries find one.
    function _staked(Dice memory d) internal view returns (address operator) {
        for (uint256 i = 0; i < 4; ++i) {
            operator = _operator(d);
            if (purses[operator].free >= MIN_STAKE || (purses[operator].free != 0 && d.oneIn(4))) break;
        }
    }

    function _freeSlot(Dice memory d, address operator) internal view returns (uint16 slot) {
        for (slot = 0; slot < SLOTS && occupied[operator][slot] != 0; ++slot) {}
        if (slot == SLOTS || d.oneIn(30)) slot = uint16(d.oneIn(2) ? d.roll(SLOTS) : type(uint16).max - d.roll(2));
    }

    /// @return id of an expired claim, most often one that `operator` can take over
    function _pickOverdue(Dice memory d, address operator) internal view returns (uint256 id) {
        for (uint256 i = 0; i < 6; ++i) {
            id = _pickClaim(d, Want.Overdue);
            if (claims[id].operator != operator && _takesClaims(flows[claims[id].workflow])) return id;
        }
        return d.oneIn(4) ? id : 0;
    }

    /// @dev One more than the last attempt of any of the tasks.
    function _nextAttempt(uint48 workflow, uint256 word, uint192 mask) internal view returns (uint16 attempt) {
        attempt = 1;
        for (uint192 left = mask; left != 0; left &= left - 1) {
            Task storage t = tasks[workflow][_taskOf(word, left)];
            if (t.ended >= attempt) attempt = t.ended + 1;
        }
    }

    /// @dev A task of a batch, preferably one whose result is wrong; now and then one that is not in it.
    function _pickBit(Dice memory d, Claim memory c) internal pure returns (uint256 bit) {
        if (c.mask == 0 || d.oneIn(30)) return d.roll(WORD);
        uint256[] memory bits = DiceLib.positions(c.mask);
        for (uint256 i = 0; i < 6; ++i) {
            bit = bits[d.roll(bits.length)];
            if (!_isRight(c, bit) && (c.removed >> bit) & 1 == 0) break;
        }
    }

    function _isRight(Claim memory c, uint256 bit) internal pure returns (bool) {
        uint256 task = Forms.taskOf(c, bit);
        return keccak256(Forms.resultOf(c, task)) == keccak256(Forms.statementOf(c.workflow, task));
    }

    // ---------------------------------------------------------------- internal

    function _claim(Dice memory d, string memory name, Wish memory wish) private {
        if (wish.claim.mask == 0 && !d.oneIn(10)) return; // nothing free, or nothing that the stake covers
        if (d.oneIn(10)) _spoil(d, wish);
        Claim[] memory none = new Claim[](0);
        Wish[] memory one = new Wish[](1);
        one[0] = wish;
        Sender memory sender = _sender(d, wish.claim.operator);
        address isFor = sender.isFor ? wish.claim.operator : address(0);
        bytes memory data = MarketCalls.advance(address(MARKET), isFor, none, new Commit[](0), one);
        if (_act(name, sender.by, data, sender.isAllowed && _isLegal(wish))) _apply(wish);
    }

    /// @dev Price, times, root and signature of a wish.
    function _finish(Dice memory d, Wish memory wish) private view {
        Claim memory c = wish.claim;
        Flow storage f = flows[c.workflow];
        StepTerms storage step = f.steps[c.step];
        c.slot = _freeSlot(d, c.operator);
        c.price = d.oneIn(30) ? step.ceiling + 1 : uint64(d.between(d.oneIn(20) ? 0 : 1, step.ceiling));
        (c.bond, c.rule) = (step.bond, step.rule);
        c.deadline = uint40(block.timestamp) + step.claimTime;
        c.window = step.isFinal ? 0 : step.window;
        c.phase = Phase.Claimed;
        c.salt = d.roll(type(uint256).max);
        (c.leafSalt, c.source, c.judgeHash) = (c.salt, _source(d, c.workflow), Forms.judgeHash(step.judge));
        c.root = Forms.leavesRoot(c);
        wish.claimBy = uint40(block.timestamp + d.roll(uint256(step.claimTime) + 1));
        if (d.oneIn(50)) wish.claimBy = c.deadline + 1;
        if (d.oneIn(50)) wish.claimBy = uint40(block.timestamp) - 1;
        wish.steps = f.steps;
        wish.signature = _sign(f.coordinator, Forms.offerDigest(DOMAIN, wish));
    }

    /// @dev Changes something that was signed, or that the terms fix, or who signs.
    function _spoil(Dice memory d, Wish memory wish) private view {
        Claim memory c = wish.claim;
        wish.spoiled = true;
        uint256 kind = d.roll(9);
        if (kind == 0) c.price = c.price == 0 ? 1 : c.price - 1;
        if (kind == 1) ++c.attempt;
        if (kind == 2) c.root = keccak256(abi.encode(c.root));
        if (kind == 3) ++wish.claimBy;
        if (kind == 4) wish.signature[d.roll(64)] ^= 0x01;
        if (kind == 5) wish.steps[c.step].bond -= 1;
        if (kind == 6) c.offered = ~c.offered;
        if (kind == 8) wish.steps[c.step].judge.maxReveal += 1;
        if (kind == 7) {
            address signer = operators[0];
            if (signer == flows[c.workflow].coordinator) signer = operators[1];
            wish.signature = _sign(signer, Forms.offerDigest(DOMAIN, wish));
        }
    }

    /// @dev What the tasks' inputs are of: nobody's result, a struck one, or that of a batch.
    function _source(Dice memory d, uint48 workflow) private view returns (uint64) {
        uint64[] storage strikes = flows[workflow].strikes;
        if (strikes.length != 0 && d.oneIn(3)) {
            uint64 source = strikes[d.roll(strikes.length)];
            for (uint256 i = 0; i < 4; ++i) {
                uint64 other = strikes[d.roll(strikes.length)];
                if (uint16(other) > uint16(source)) source = other; // of a task that was struck before, most often
            }
            return source;
        }
        for (uint256 i = 0; i < 4; ++i) {
            uint256 id = _pickClaim(d, Want.Contestable);
            Claim storage c = claims[id];
            if (id == 0 || c.workflow != workflow || c.mask == 0) continue;
            return Forms.sourceOf(Forms.taskOf(c, _pickBit(d, c)), c.attempt);
        }
        return d.oneIn(2) ? 0 : Forms.sourceOf(d.roll(8), d.between(1, 2));
    }

    function _sameWord(Claim storage a, Claim memory b) private view returns (bool) {
        return a.workflow == b.workflow && a.word == b.word && a.step == b.step;
    }

    /// @dev Every task is free, open to this attempt, or taken over from an expired claim of another with an earlier attempt.
    function _tasksAreLegal(Wish memory wish) private view returns (bool) {
        Claim memory c = wish.claim;
        uint192 left = c.mask;
        for (uint256 i = 0; i < wish.over.length; ++i) {
            Claim memory old = wish.over[i];
            uint256 id = occupied[old.operator][old.slot];
            if (claims[id].salt != old.salt || claims[id].mask != old.mask) return false; // an ended one
            if (id == 0 || old.operator == c.operator || old.attempt >= c.attempt) return false;
            if (old.workflow != c.workflow || old.word != c.word || old.mask & left == 0) return false;
            if (!_is(id, Want.Overdue)) return false;
            left &= ~old.mask;
        }
        for (; left != 0; left &= left - 1) {
            Task storage t = tasks[c.workflow][_taskOf(c.word, left)];
            bool open = t.status == Status.Open && c.attempt > t.ended;
            if (t.status != Status.Unclaimed && !open) return false;
        }
        return true;
    }
}
