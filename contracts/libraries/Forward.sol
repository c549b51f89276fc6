// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Handing a call on to another part of the market's code
library Forward {
    /// @dev Runs the whole call with `code` in the caller's name, and ends with its answer.
    function to(address code) internal {
        assembly ("memory-safe") {
            let at := mload(0x40)
            calldatacopy(at, 0, calldatasize())
            let ok := delegatecall(gas(), code, at, calldatasize(), 0, 0)
            returndatacopy(at, 0, returndatasize())
            switch ok
            case 0 {
                revert(at, returndatasize())
            }
            default {
                return(at, returndatasize())
            }
        }
    }
}
