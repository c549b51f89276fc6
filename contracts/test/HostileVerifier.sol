// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A verifier that does what it should not
contract HostileVerifier {
    enum Mode {
        Revert,
        BurnGas,
        ReturnBomb,
        ReturnNothing,
        ReturnTwo,
        ReEnter,
        NeedGas
    }

    Mode public mode;
    address public target;
    bytes public data;
    uint256 public gasNeeded;

    function set(Mode mode_, address target_, bytes calldata data_, uint256 gasNeeded_) external {
        (mode, target, data, gasNeeded) = (mode_, target_, data_, gasNeeded_);
    }

    /// @dev Same selector as IVerifier.verify, but not view and free to answer anything.
    function verify(bytes calldata, bytes calldata) external returns (bool) {
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.BurnGas) while (true) {}
        if (mode == Mode.ReturnBomb) {
            assembly {
                return(0, 1000000)
            }
        }
        if (mode == Mode.ReturnNothing) {
            assembly {
                return(0, 0)
            }
        }
        if (mode == Mode.ReturnTwo) {
            assembly {
                mstore(0, 2)
                return(0, 32)
            }
        }
        if (mode == Mode.ReEnter) {
            (bool ok, ) = target.call(data);
            return ok;
        }
        return gasleft() + 3_000 > gasNeeded; // NeedGas: an honest verifier that answers yes only when given its gas
    }
}
