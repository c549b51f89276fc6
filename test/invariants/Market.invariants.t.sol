// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Deployment} from "./Deployment.sol";
import {Handler} from "./Handler.sol";
import {vm} from "./Vm.sol";

/// @title The campaign: forge makes sequences of actions, and after each the invariants must hold
abstract contract Invariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;

    function _start(Deployment.Kind kind) internal {
        handler = new Handler(kind);
    }

    /// @dev What is listed several times is tried so much more often: disputes need work that is there to be disputed.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), new bytes4[](111));
        bytes4[] memory all = targets[0].selectors;
        uint256 n;
        n = _list(all, n, handler.deposit.selector, 1);
        n = _list(all, n, handler.startUnbonding.selector, 1);
        n = _list(all, n, handler.withdrawStake.selector, 1);
        n = _list(all, n, handler.withdrawOwed.selector, 1);
        n = _list(all, n, handler.temper.selector, 1);
        n = _list(all, n, handler.temperToken.selector, 1);
        n = _list(all, n, handler.setDelegate.selector, 1);
        n = _list(all, n, handler.openWorkflow.selector, 2);
        n = _list(all, n, handler.topUp.selector, 1);
        n = _list(all, n, handler.extendDeadline.selector, 1);
        n = _list(all, n, handler.replaceCoordinator.selector, 1);
        n = _list(all, n, handler.cancel.selector, 1);
        n = _list(all, n, handler.finish.selector, 1);
        n = _list(all, n, handler.refund.selector, 1);
        n = _list(all, n, handler.payFee.selector, 1);
        n = _list(all, n, handler.claim.selector, 9);
        n = _list(all, n, handler.claimHeld.selector, 1);
        n = _list(all, n, handler.takeOver.selector, 3);
        n = _list(all, n, handler.commit.selector, 7);
        n = _list(all, n, handler.settle.selector, 3);
        n = _list(all, n, handler.advance.selector, 4);
        n = _list(all, n, handler.advanceMalformed.selector, 1);
        n = _list(all, n, handler.release.selector, 1);
        n = _list(all, n, handler.concede.selector, 1);
        n = _list(all, n, handler.expire.selector, 1);
        n = _list(all, n, handler.challenge.selector, 3);
        n = _list(all, n, handler.challengeDisputed.selector, 1);
        n = _list(all, n, handler.submitFinal.selector, 1);
        n = _list(all, n, handler.demand.selector, 2);
        n = _list(all, n, handler.demandDisputed.selector, 2);
        n = _list(all, n, handler.reveal.selector, 2);
        n = _list(all, n, handler.closeDemand.selector, 2);
        n = _list(all, n, handler.voidResult.selector, 4);
        n = _list(all, n, handler.voidDisputed.selector, 2);
        n = _list(all, n, handler.strikeReceipt.selector, 1);
        n = _list(all, n, handler.strikeReceipts.selector, 1);
        n = _list(all, n, handler.strikeReceiptDisputed.selector, 1);
        n = _list(all, n, handler.seatJurors.selector, 2);
        n = _list(all, n, handler.takeSeats.selector, 1);
        n = _list(all, n, handler.leaveSeat.selector, 1);
        n = _list(all, n, handler.callJury.selector, 4);
        n = _list(all, n, handler.callJuryDisputed.selector, 3);
        n = _list(all, n, handler.appeal.selector, 3);
        n = _list(all, n, handler.draw.selector, 4);
        n = _list(all, n, handler.vote.selector, 3);
        n = _list(all, n, handler.openVotes.selector, 4);
        n = _list(all, n, handler.closeCase.selector, 2);
        n = _list(all, n, handler.declareSilent.selector, 1);
        n = _list(all, n, handler.answerSilence.selector, 1);
        n = _list(all, n, handler.endSilence.selector, 1);
        n = _list(all, n, handler.claimOpen.selector, 4);
        n = _list(all, n, handler.waitAMoment.selector, 2);
        n = _list(all, n, handler.waitForClaim.selector, 1);
        n = _list(all, n, handler.waitForFlow.selector, 1);
        n = _list(all, n, handler.waitForCase.selector, 1);
        n = _list(all, n, handler.waitForSilence.selector, 1);
        n = _list(all, n, handler.waitForStake.selector, 1);
        n = _list(all, n, handler.forceMoney.selector, 1);
        assert(n == all.length);
    }

    function _list(bytes4[] memory all, uint256 n, bytes4 selector, uint256 times) private pure returns (uint256) {
        for (uint256 i = 0; i < times; ++i) all[n + i] = selector;
        return n + times;
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice See Checks for each invariant in words.
    function invariant_marketKeepsItsPromises() external view {
        handler.check();
    }

    /// @notice At the end of every sequence: see WindDown.
    function afterInvariant() external {
        handler.checkEverything();
        handler.windDown();
        string memory file = vm.envOr("FROBEN_FUZZ_TALLY", "");
        if (bytes(file).length != 0) vm.writeLine(file, handler.summary());
    }
}

/// @notice A market in the chain's native currency.
contract NativeInvariants is Invariants {
    function setUp() external {
        _start(Deployment.Kind.Native);
    }
}

/// @notice A market in a token.
contract TokenInvariants is Invariants {
    function setUp() external {
        _start(Deployment.Kind.Token);
    }
}

/// @notice A market in a token that takes fees, pays bonuses, refuses, calls back or shrinks.
contract HostileTokenInvariants is Invariants {
    function setUp() external {
        _start(Deployment.Kind.HostileToken);
    }
}
