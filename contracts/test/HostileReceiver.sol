// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title An account whose code re-enters, or refuses money
contract HostileReceiver {
    address private target;
    bytes private data;
    bool private refuses;
    bool public reentered;
    bytes public answer;

    function set(address target_, bytes calldata data_, bool refuses_) external {
        (target, data, refuses, reentered, answer) = (target_, data_, refuses_, false, "");
    }

    function call(address to, bytes calldata payload) external payable {
        (bool ok, bytes memory out) = to.call{value: msg.value}(payload);
        if (!ok) {
            assembly {
                revert(add(out, 0x20), mload(out))
            }
        }
    }

    /// @dev Tries to re-enter once; swallows the failure, so that the payment itself goes on.
    receive() external payable {
        if (refuses) revert("no");
        if (target == address(0)) return;
        (bool ok, bytes memory out) = target.call(data);
        (reentered, answer) = (ok, out);
    }
}
