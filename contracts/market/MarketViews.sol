// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketViews} from "../interfaces/parts/IMarketViews.sol";
import {Account} from "../libraries/AccountLib.sol";
import {CommitmentLib} from "../libraries/CommitmentLib.sol";
import {Dispute, DisputeLib, Fate, Juror, Jury, Phase} from "../libraries/DisputeLib.sol";
import {Retry} from "../libraries/RetryLib.sol";
import {Slot} from "../libraries/SlotLib.sol";
import {TaskWord} from "../libraries/TaskWordLib.sol";
import {Workflow, WorkflowHead} from "../libraries/WorkflowLib.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title The state, for auditors and clients
abstract contract MarketViews is IMarketViews, MarketBase {
    /// @inheritdoc IMarketViews
    function held() external view returns (uint64) {
        return _held;
    }

    /// @inheritdoc IMarketViews
    function accountOf(address account) external view returns (uint64 free, uint64 locked, uint64 owed) {
        Account a = _accounts[account];
        return (a.free(), a.locked(), a.owed());
    }

    /// @inheritdoc IMarketViews
    function unbondingOf(address operator) external view returns (uint64 amount, uint40 availableAt) {
        Unbonding storage u = _unbondings[operator];
        return (u.amount, u.availableAt);
    }

    /// @inheritdoc IMarketViews
    function delegateOf(address operator) external view returns (address delegate) {
        return _delegates[operator];
    }

    /// @inheritdoc IMarketViews
    function workflowOf(
        uint48 workflow
    )
        external
        view
        returns (
            address requester,
            address coordinator,
            uint8 status,
            uint16 feeBps,
            uint40 deadline,
            uint64 escrow,
            uint64 refunded,
            uint200 terms,
            uint40 endedAt
        )
    {
        Workflow storage w = _workflows[workflow];
        WorkflowHead head = w.head;
        requester = w.requester;
        coordinator = w.coordinator;
        status = head.status();
        feeBps = head.feeBps();
        deadline = head.deadline();
        escrow = w.escrow;
        refunded = w.refunded;
        terms = head.terms();
        endedAt = w.endedAt;
    }

    /// @inheritdoc IMarketViews
    function taskWordOf(uint48 workflow, uint16 word) external view returns (uint192 claimed, uint64 spent) {
        TaskWord w = _workflows[workflow].words[word];
        return (w.claimed(), w.spent());
    }

    /// @inheritdoc IMarketViews
    function retryOf(uint48 workflow, uint32 task) external view returns (uint16 attempt, bool open) {
        Retry r = _workflows[workflow].retries[task];
        return (r.attempt(), r.isOpen());
    }

    /// @inheritdoc IMarketViews
    function fateOf(uint48 workflow, uint32 task, uint16 attempt) external view returns (Fate memory fate) {
        bytes32 key = DisputeLib.keyOf(workflow, task, attempt);
        fate = _fates[key];
        Retry r = _workflows[workflow].retries[task];
        if (attempt != 0 && r.struckAttempt() == attempt) (fate.isStruck, fate.pot) = (true, r.pot());
        fate.hasLeft = fate.isStruck || _disputes[key].phase != Phase.None;
    }

    /// @inheritdoc IMarketViews
    function disputeOf(bytes32 key) external view returns (Dispute memory) {
        return _disputes[key];
    }

    /// @inheritdoc IMarketViews
    function juryOf(bytes32 key) external view returns (Jury memory) {
        return _juries[key];
    }

    /// @inheritdoc IMarketViews
    function poolOf(bytes32 checkProgram) external view returns (uint256 seats, uint32 drawing) {
        return (_pools[checkProgram].seats.length, _pools[checkProgram].drawing);
    }

    /// @inheritdoc IMarketViews
    function seatOf(bytes32 checkProgram, uint256 seat) external view returns (address juror) {
        return _pools[checkProgram].seats[seat];
    }

    /// @inheritdoc IMarketViews
    function jurorOf(bytes32 checkProgram, address juror) external view returns (Juror memory) {
        return _pools[checkProgram].jurors[juror];
    }

    /// @inheritdoc IMarketViews
    function slotOf(
        address operator,
        uint16 slot
    ) external view returns (uint8 state, uint40 time, uint8 removed, uint8 voided, uint200 digest) {
        Slot s = _slots[operator][slot];
        return (s.state(), s.time(), s.removed(), s.voided(), s.digest());
    }

    /// @inheritdoc IMarketViews
    function completionOf(uint48 workflow) external view returns (bytes32 completion) {
        return _workflows[workflow].completion;
    }

    /// @inheritdoc IMarketViews
    function commitmentOf(
        uint48 workflow,
        uint32 task,
        uint16 attempt,
        address operator,
        bytes32 root,
        bytes32 resultDigest
    ) external view returns (bytes32) {
        return CommitmentLib.hash(workflow, task, attempt, operator, root, resultDigest);
    }
}
