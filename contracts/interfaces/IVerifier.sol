// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A proof system as the market sees it
/// @notice An adapter answers for one program. It must be stateless: the same statement and result give the same answer for ever.
interface IVerifier {
    /// @param statement What is proved, in the adapter's own encoding (its SHA-256 was signed before the work).
    /// @param result The artifact that the operator delivered (its SHA-256 is in the commitment).
    /// @return valid Whether the result proves the statement. A revert counts as "no".
    function verify(bytes calldata statement, bytes calldata result) external view returns (bool valid);
}
