// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Deployment} from "./Deployment.sol";
import {Handler} from "./Handler.sol";
import {vm} from "./Vm.sol";

/// @title Sequences that failed once must not fail again
contract KeptSequences {
    function test_keptSequencesPass() external {
        string memory json = vm.readFile("test/invariants/failing-seeds.json");
        uint256 start = block.timestamp;
        for (uint256 i = 0; ; ++i) {
            string memory at = string.concat("[", vm.toString(i), "]");
            string memory path = string.concat(at, ".calls");
            if (!vm.keyExistsJson(json, path)) break;
            vm.warp(start);
            Handler handler = new Handler(_kindOf(vm.parseJsonString(json, string.concat(at, ".market"))));
            bytes[] memory sequence = vm.parseJsonBytesArray(json, path);
            for (uint256 j = 0; j < sequence.length; ++j) _step(handler, sequence[j]);
            handler.checkEverything();
            handler.windDown();
        }
    }

    function _kindOf(string memory market) private pure returns (Deployment.Kind) {
        if (keccak256(bytes(market)) == keccak256("Token")) return Deployment.Kind.Token;
        if (keccak256(bytes(market)) == keccak256("HostileToken")) return Deployment.Kind.HostileToken;
        return Deployment.Kind.Native;
    }

    function _step(Handler handler, bytes memory data) private {
        (bool ok, bytes memory out) = address(handler).call(data);
        if (!ok) {
            assembly {
                revert(add(out, 0x20), mload(out))
            }
        }
        handler.check();
    }
}
