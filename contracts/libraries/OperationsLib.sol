// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Where the next fact and the next piece of evidence lie in calldata.
struct Cursor {
    uint256 facts;
    uint256 evidence;
}

/// @title Reading the operations of `advance` out of calldata
/// @notice Operations are bytes without padding, because calldata and logs are most of what a claim costs. First come the facts, which
/// are logged as they are; then the evidence, which whoever knows the earlier facts can make again. Numbers are big-endian, `word` is
/// 32 bytes:
///
///     u16 length of the facts | facts | evidence
///
///     facts: u8 settles, u8 commits, u8 claims, then so many of each:
///     settle:    u16 slot
///     commit:    u16 slot | u8 n | u8 kind: 0 all tasks, 1 some of them, followed by u16 partSlot | u192 subMask
///                n words: a commitment for each task, by rising index
///     claim:     u16 slot | u48 workflow | u16 attempt | u16 word | u192 mask | u56 price | u40 claimBy | word root
///                u8 kind: 0 claims the whole mask, 1 is followed by u192 claimMask
///                word core | word judgeHash (see StepCoreLib, StepsLib)
///
///     evidence: for each operation in the same order
///     settle:    word money | word batchRest
///     commit:    word money | word rest, or, for some tasks: word money | word scope | word bound (of the whole claim)
///                under rule Accepted: u16 length | the coordinator's acceptance
///     claim:     u8 n | n words: path to the workflow's steps root
///                u16 length | the coordinator's signature
///                u8 n | n take-overs: address holder | u16 slot | word money | word scope | word bound
///
/// money, scope, bound: see TicketLib; rest = keccak256(scope, bound); batchRest = keccak256(rest, commitmentsRoot).
/// @dev Reading past the end gives zeros; `advance` checks at its end that exactly all bytes were read.
library OperationsLib {
    function word(uint256 at) internal pure returns (uint256 w) {
        assembly ("memory-safe") {
            w := calldataload(at)
        }
    }

    /// @notice The first `bits` bits at `at`.
    function uint_(uint256 at, uint256 bits) internal pure returns (uint256 w) {
        assembly ("memory-safe") {
            w := shr(sub(256, bits), calldataload(at))
        }
    }

    function slice(uint256 at, uint256 length) internal pure returns (bytes calldata s) {
        assembly ("memory-safe") {
            s.offset := at
            s.length := length
        }
    }

    function words(uint256 at, uint256 count) internal pure returns (bytes32[] calldata s) {
        assembly ("memory-safe") {
            s.offset := at
            s.length := count
        }
    }
}
