// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarketParameters} from "./interfaces/IMarketParameters.sol";
import {Forward} from "./libraries/Forward.sol";
import {MarketBase} from "./market/MarketBase.sol";
import {MarketVerified} from "./market/MarketVerified.sol";
import {MarketWork} from "./market/MarketWork.sol";

/// @title Froben's proof market, in one currency
/// @notice One deployment serves everybody: it has no owner, no admin key and no changeable parameter. See contracts/README.md.
/// @dev What is called often is here, so that it can be compiled for least gas. All other functions are in MarketExtension, and behind
/// it in MarketCourt, which this contract runs in its own name; their addresses are fixed at deployment, as their code is.
contract Market is MarketWork, MarketVerified {
    address public immutable EXTENSION;

    /// @param extension deployed before, with the parameters that this market then has
    constructor(IMarketParameters extension) MarketBase(extension.parameters()) {
        EXTENSION = address(extension);
    }

    /// @dev Money comes with a call that says whose it is.
    receive() external payable {
        revert AmountInvalid(msg.value);
    }

    fallback() external payable {
        Forward.to(EXTENSION);
    }
}
