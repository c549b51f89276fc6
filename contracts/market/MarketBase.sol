// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {Account} from "../libraries/AccountLib.sol";
import {CommitmentLib} from "../libraries/CommitmentLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {Retry} from "../libraries/RetryLib.sol";
import {Slot} from "../libraries/SlotLib.sol";
import {TaskWord} from "../libraries/TaskWordLib.sol";
import {Workflow, WorkflowHead} from "../libraries/WorkflowLib.sol";

/// @title Storage, parameters, views
abstract contract MarketBase is IMarket, EIP712 {
    struct Unbonding {
        uint64 amount;
        uint40 availableAt;
    }

    // ---------------------------------------------------------------- parameters

    /// @inheritdoc IMarket
    uint256 public immutable UNIT;
    /// @inheritdoc IMarket
    uint64 public immutable MIN_STAKE;
    /// @inheritdoc IMarket
    uint40 public immutable UNBONDING_DELAY;
    /// @inheritdoc IMarket
    uint64 public immutable LATE_GAS_REFUND;

    // ---------------------------------------------------------------- storage

    uint48 internal _workflowCount;
    mapping(uint48 workflow => Workflow) internal _workflows;
    mapping(uint48 workflow => mapping(uint256 word => TaskWord)) internal _taskWords;
    mapping(uint48 workflow => mapping(uint256 task => Retry)) internal _retries;
    mapping(address account => Account) internal _accounts;
    mapping(address operator => mapping(uint256 slot => Slot)) internal _slots;
    mapping(address operator => Unbonding) internal _unbondings;

    // ---------------------------------------------------------------- constructor

    /// @param unit wei of one unit, at least Limits.MIN_UNIT
    /// @param minStake units, at least 100, so that the gas refund is not zero
    /// @param unbondingDelay seconds, longer than the longest claim and window together: an operator that starts to leave when it
    /// claims is still there when its last result matures
    constructor(uint256 unit, uint64 minStake, uint40 unbondingDelay) EIP712("Froben", "1") {
        if (unit < Limits.MIN_UNIT) revert TermOutOfRange("unit", unit, Limits.MIN_UNIT, type(uint256).max);
        if (minStake < 100) revert TermOutOfRange("minStake", minStake, 100, type(uint64).max);
        uint256 exposure = Limits.MAX_CLAIM_TIME + Limits.MAX_WINDOW;
        if (unbondingDelay <= exposure || unbondingDelay > Limits.MAX_DURATION)
            revert TermOutOfRange("unbondingDelay", unbondingDelay, exposure + 1, Limits.MAX_DURATION);
        UNIT = unit;
        MIN_STAKE = minStake;
        UNBONDING_DELAY = unbondingDelay;
        LATE_GAS_REFUND = minStake / 100;
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IMarket
    function accountOf(address account) external view returns (uint64 free, uint64 locked, uint64 owed) {
        Account a = _accounts[account];
        return (a.free(), a.locked(), a.owed());
    }

    /// @inheritdoc IMarket
    function unbondingOf(address operator) external view returns (uint64 amount, uint40 availableAt) {
        Unbonding storage u = _unbondings[operator];
        return (u.amount, u.availableAt);
    }

    /// @inheritdoc IMarket
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
            bytes32 specHash,
            bytes32 stepsRoot
        )
    {
        Workflow storage w = _workflows[workflow];
        WorkflowHead head = w.head;
        requester = w.requester;
        coordinator = head.coordinator();
        status = head.status();
        feeBps = head.feeBps();
        deadline = head.deadline();
        escrow = w.escrow;
        refunded = w.refunded;
        specHash = w.specHash;
        stepsRoot = w.stepsRoot;
    }

    /// @inheritdoc IMarket
    function taskWordOf(uint48 workflow, uint16 word) external view returns (uint192 claimed, uint64 spent) {
        TaskWord w = _taskWords[workflow][word];
        return (w.claimed(), w.spent());
    }

    /// @inheritdoc IMarket
    function retryOf(uint48 workflow, uint32 task) external view returns (uint16 attempt, bool open) {
        Retry r = _retries[workflow][task];
        return (r.attempt(), r.isOpen());
    }

    /// @inheritdoc IMarket
    function slotOf(
        address operator,
        uint256 slot
    ) external view returns (uint8 state, uint40 time, uint8 struck, uint200 digest) {
        Slot s = _slots[operator][slot];
        return (s.state(), s.time(), s.struck(), s.digest());
    }

    /// @inheritdoc IMarket
    function completionOf(uint48 workflow) external view returns (bytes32 completion) {
        return _workflows[workflow].completion;
    }

    /// @inheritdoc IMarket
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

    // ---------------------------------------------------------------- shared

    /// @dev Reverts unless `signer` signed the EIP-712 struct: with its key, or by ERC-1271 if it has code.
    function _requireSigned(address signer, bytes32 structHash, bytes calldata signature) internal view {
        bytes32 digest = _hashTypedDataV4(structHash);
        (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return;
        if (signer.code.length > 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature))
            return;
        revert SignatureInvalid(signer);
    }

    /// @dev The value of a payment in units. Reverts unless it is a positive multiple of UNIT that fits 64 bits.
    function _units(uint256 value) internal view returns (uint64) {
        if (value == 0 || value % UNIT != 0 || value / UNIT > type(uint64).max) revert AmountInvalid(value);
        return uint64(value / UNIT);
    }

    /// @dev Sends units out; the last thing that a function does.
    function _pay(address to, uint64 amount) internal {
        if (to == address(0)) revert ZeroAddress();
        (bool ok, ) = to.call{value: amount * UNIT}("");
        if (!ok) revert PaymentFailed(to);
    }
}
