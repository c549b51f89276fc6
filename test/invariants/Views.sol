// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarket} from "../../contracts/interfaces/IMarket.sol";
import {FlowView, Purse} from "./Types.sol";

/// @title The market's views, as the suite compares them
library Views {
    function purseOf(IMarket market, address account) internal view returns (Purse memory p) {
        (p.free, p.locked, p.owed) = market.accountOf(account);
        (p.unbonding, p.availableAt) = market.unbondingOf(account);
    }

    function flowOf(IMarket market, uint48 workflow, uint256 tasks) internal view returns (FlowView memory f) {
        (f.requester, f.coordinator, f.status, , f.deadline, f.escrow, f.refunded, f.terms, f.endedAt) = market
            .workflowOf(workflow);
        f.completion = market.completionOf(workflow);
        for (uint256 word = 0; word * 192 < tasks; ++word) {
            (, uint64 spent) = market.taskWordOf(workflow, uint16(word));
            f.spent += spent;
        }
    }
}
