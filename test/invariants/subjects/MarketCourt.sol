// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// What the suite deploys by name (`vm.deployCode`): imported here and nowhere else, so that only it is compiled as it is deployed.
import {MarketCourt} from "../../../contracts/MarketCourt.sol";
