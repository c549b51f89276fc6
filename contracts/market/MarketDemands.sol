// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketDemands} from "../interfaces/parts/IMarketDemands.sol";
import {BatchOpening, JudgeTerms} from "../interfaces/MarketTypes.sol";
import {Dispute, DisputeLib, Phase} from "../libraries/DisputeLib.sol";
import {TicketLib} from "../libraries/TicketLib.sol";
import {MarketDisputes} from "./MarketDisputes.sol";

/// @title Demands for withheld data
/// @notice Whoever does not get a committed result may demand it on-chain, once per task: its bond pays for the revealing. A result
/// that is not revealed in time is struck.
abstract contract MarketDemands is IMarketDemands, MarketDisputes {
    /// @inheritdoc IMarketDemands
    function demand(BatchOpening calldata batch, JudgeTerms calldata judge, uint32 task) external {
        (bytes32 key, Dispute storage d) = _moveOut(batch, judge, task);
        _demand(key, d, judge);
    }

    /// @inheritdoc IMarketDemands
    function demandDisputed(bytes32 key, bytes32 root, JudgeTerms calldata judge) external {
        Dispute storage d = _stillRevealed(key, root, judge);
        if (d.maxReveal != 0) revert DisputePhase(key, d.phase); // once per task
        _demand(key, d, judge);
    }

    /// @inheritdoc IMarketDemands
    function reveal(bytes32 key, bytes32 root, bytes calldata result) external {
        Dispute storage d = _inPhase(key, Phase.Demanded);
        if (block.timestamp > d.until) revert DeadlinePassed(d.until);
        if (result.length > d.maxReveal) revert ResultTooLarge(result.length, d.maxReveal);
        _requireCommitment(key, d, root, sha256(result));
        uint64 bond = d.callerBond;
        _endCall(key, d, 0, bond);
        _credit(msg.sender, bond);
        (d.phase, d.until) = (Phase.Revealed, uint40(block.timestamp) + TicketLib.windowOf(d.money));
        emit Revealed(d.operator, DisputeLib.workflowOf(key), key, msg.sender, bond, d.until, result);
    }

    /// @inheritdoc IMarketDemands
    function closeDemand(bytes32 key) external {
        Dispute storage d = _openDispute(key);
        if (d.phase != Phase.Demanded && d.phase != Phase.Revealed) revert DisputePhase(key, d.phase);
        if (block.timestamp <= d.until) revert DeadlineNotPassed(d.until);
        if (d.phase == Phase.Revealed) return _payDispute(key, d);
        _endCall(key, d, d.callerBond, 0);
        _strikeDispute(key, d, d.caller);
    }

    /// @inheritdoc IMarketDemands
    function demandBond(uint256 maxReveal) public view returns (uint256) {
        return uint256(LATE_GAS_REFUND) * (2 + maxReveal / 1024);
    }

    // ---------------------------------------------------------------- internal

    function _demand(bytes32 key, Dispute storage d, JudgeTerms calldata judge) private {
        uint48 workflow = DisputeLib.workflowOf(key);
        if (judge.maxReveal == 0) revert NotRevealable(workflow);
        _lockCall(d, demandBond(judge.maxReveal));
        d.maxReveal = judge.maxReveal;
        (d.phase, d.until) = (Phase.Demanded, uint40(block.timestamp) + TicketLib.windowOf(d.money));
        emit Demanded(d.operator, workflow, key, msg.sender, d.slot, d.callerBond, d.until);
    }
}
