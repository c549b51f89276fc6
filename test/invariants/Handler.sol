// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Actors} from "./Actors.sol";
import {WindDown} from "./WindDown.sol";
import {TimeHandler} from "./handlers/TimeHandler.sol";
import {WorkflowHandler} from "./handlers/WorkflowHandler.sol";

/// @title All domains in one contract, so that they share one world
contract Handler is WindDown, WorkflowHandler, TimeHandler {
    constructor(Kind kind) Actors(kind) {}
}
