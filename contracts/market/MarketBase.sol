// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IMarketErrors} from "../interfaces/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/IMarketEvents.sol";
import {Parameters} from "../interfaces/IMarketParameters.sol";
import {Account} from "../libraries/AccountLib.sol";
import {Dispute, Fate, Jury, Pool} from "../libraries/DisputeLib.sol";
import {Limits} from "../libraries/Limits.sol";
import {Slot} from "../libraries/SlotLib.sol";
import {Workflow, WorkflowHead, WorkflowLib} from "../libraries/WorkflowLib.sol";

/// @title Storage, parameters, signatures: what Market and MarketExtension share
/// @dev Both have the same storage layout because all of it is here.
abstract contract MarketBase is IMarketErrors, IMarketEvents, EIP712 {
    struct Unbonding {
        uint64 amount;
        uint40 availableAt;
    }

    // ---------------------------------------------------------------- parameters

    address public immutable TOKEN;
    uint256 public immutable UNIT;
    uint64 public immutable MIN_STAKE;
    uint40 public immutable UNBONDING_DELAY;
    /// @dev Seconds for which a workflow that was completed takes claims that its coordinator signed, and keeps what they may cost: a
    /// reorganisation may have taken claims back, and the completion may come before them on the other branch (honest work unpaid).
    uint40 public immutable LATE_CLAIMS;
    /// @dev Units that whoever ends an expired claim gets out of its penalty, at most the penalty.
    uint64 public immutable LATE_GAS_REFUND;

    // ---------------------------------------------------------------- storage

    uint48 internal _workflowCount;
    /// @dev Units: what came in less what went out.
    uint64 internal _held;
    mapping(uint48 workflow => Workflow) internal _workflows;
    mapping(address account => Account) internal _accounts;
    mapping(address operator => Slot[65536]) internal _slots;
    mapping(address operator => Unbonding) internal _unbondings;
    mapping(address operator => address) internal _delegates;
    /// @dev Until when receipts by a former delegate are evidence against the operator: as long as claims of its time may be open, and
    /// no longer, so that a key stolen later is worth nothing.
    mapping(address operator => mapping(address key => uint40)) internal _receiptsUntil;
    /// @dev By DisputeLib.keyOf.
    mapping(bytes32 attempt => Fate) internal _fates;
    mapping(bytes32 dispute => Dispute) internal _disputes;
    mapping(bytes32 dispute => Jury) internal _juries;
    mapping(bytes32 checkProgram => Pool) internal _pools;

    // ---------------------------------------------------------------- constructor

    constructor(Parameters memory p) EIP712("Froben", "1") {
        uint256 leastUnit = p.token == address(0) ? Limits.MIN_UNIT : 1;
        if (p.unit < leastUnit) revert TermOutOfRange("unit", p.unit, leastUnit, type(uint256).max);
        if (p.minStake < 100) revert TermOutOfRange("minStake", p.minStake, 100, type(uint64).max);
        uint256 exposure = Limits.MAX_CLAIM_TIME + Limits.MAX_WINDOW;
        if (p.unbondingDelay <= exposure || p.unbondingDelay > Limits.MAX_DURATION)
            revert TermOutOfRange("unbondingDelay", p.unbondingDelay, exposure + 1, Limits.MAX_DURATION);
        if (p.lateClaims > Limits.MAX_LATE_CLAIMS)
            revert TermOutOfRange("lateClaims", p.lateClaims, 0, Limits.MAX_LATE_CLAIMS);
        TOKEN = p.token;
        UNIT = p.unit;
        MIN_STAKE = p.minStake;
        UNBONDING_DELAY = p.unbondingDelay;
        LATE_CLAIMS = p.lateClaims;
        LATE_GAS_REFUND = p.minStake / 100;
    }

    // ---------------------------------------------------------------- shared

    /// @dev Reverts unless `signer` signed the EIP-712 struct: with its key, or by ERC-1271 if it has code.
    function _requireSigned(address signer, bytes32 structHash, bytes calldata signature) internal view {
        if (signer != address(0) && _recover(structHash, signature) == signer) return;
        bytes32 digest = _hashTypedDataV4(structHash);
        if (signer.code.length > 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature))
            return;
        revert SignatureInvalid(signer);
    }

    /// @dev Whose key signed the EIP-712 struct; zero if nobody's did.
    function _recover(bytes32 structHash, bytes calldata signature) internal view returns (address recovered) {
        (recovered, , ) = ECDSA.tryRecoverCalldata(_hashTypedDataV4(structHash), signature);
    }

    /// @dev Reverts unless the caller is the operator, or acts for it.
    function _requireActsFor(address operator) internal view {
        if (msg.sender != operator && (operator == address(0) || msg.sender != _delegates[operator]))
            revert NotOperator(msg.sender, operator);
    }

    /// @dev Units of an account for whom a coordinator, requester or challenger is credited.
    function _credit(address account, uint256 amount) internal {
        _accounts[account] = _accounts[account].addOwed(amount);
    }

    function _known(uint48 workflow) internal view returns (Workflow storage w) {
        w = _workflows[workflow];
        if (w.head.status() == WorkflowLib.NONE) revert WorkflowUnknown(workflow);
    }

    /// @dev Stops new claims. Reverts unless the workflow is open.
    function _end(uint48 workflow, Workflow storage w, uint8 status) internal {
        WorkflowHead head = w.head;
        if (head.status() != WorkflowLib.OPEN) revert WorkflowClosed(workflow);
        w.head = head.withStatus(status);
        uint40 deadline = head.deadline(); // claims may have stopped before now
        w.endedAt = block.timestamp < deadline ? uint40(block.timestamp) : deadline;
    }

    /// @dev Until when claims that the coordinator signed are taken; a cancelled workflow takes none.
    function _claimsUntil(Workflow storage w, WorkflowHead head) internal view returns (uint256 until) {
        uint256 deadline = head.deadline();
        uint8 status = head.status();
        if (status == WorkflowLib.OPEN) return deadline;
        until = w.endedAt;
        if (status == WorkflowLib.COMPLETED) until += LATE_CLAIMS;
        if (until > deadline) until = deadline;
    }

    /// @dev Whether claims that the coordinator signed are taken now: those of an open workflow, and of one that was completed not long ago.
    function _takesClaims(Workflow storage w, WorkflowHead head) internal view returns (bool) {
        return
            head.claimableAt(block.timestamp) ||
            (LATE_CLAIMS != 0 && head.status() == WorkflowLib.COMPLETED && block.timestamp <= _claimsUntil(w, head));
    }

    function _requireClaimable(uint48 workflow, WorkflowHead head) internal view {
        if (head.status() == WorkflowLib.NONE) revert WorkflowUnknown(workflow);
        if (!head.claimableAt(block.timestamp)) revert WorkflowClosed(workflow);
    }
}
