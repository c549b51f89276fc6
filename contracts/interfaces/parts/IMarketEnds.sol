// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ticket} from "../MarketTypes.sol";

/// @title How claims end without a result
interface IMarketEnds {
    /// @notice Gives tasks of a live claim back: free of penalty with the coordinator's signature, for half of a late one without.
    /// @param subMask which tasks; zero: all
    /// @param signature the coordinator's Release of this part, or empty
    function release(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        uint192 subMask,
        bytes calldata signature
    ) external;
    /// @notice Under rule Accepted: ends tasks whose results the coordinator did not accept, unpaid and unpenalised.
    /// @param commitments what the operator would have committed, one for each task; only logged
    function concede(
        address operator,
        uint16 slot,
        Ticket calldata ticket,
        uint192 subMask,
        bytes32[] calldata commitments
    ) external;
    /// @notice Ends a claim that is past its deadline; its tasks become claimable again. Anyone may call it.
    function expire(address operator, uint16 slot, Ticket calldata ticket) external;
}
