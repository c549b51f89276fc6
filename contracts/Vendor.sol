// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// Verifiers of other projects that are deployed as they are: imported, so that Hardhat compiles them.
import {SemaphoreVerifier} from "@semaphore-protocol/contracts/base/SemaphoreVerifier.sol";
