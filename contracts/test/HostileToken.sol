// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A token that does what it should not
/// @dev Anybody may mint and burn; allowances are not looked at.
contract HostileToken {
    enum Mode {
        Honest,
        Fee, // a tenth of what is moved is gone
        Bonus, // the receiver gets more than was sent
        NoAnswer, // moves, and returns nothing
        No, // moves nothing, and returns false
        NoPermit, // moves, but reverts when it is asked for a permit
        Revert,
        ReEnter // calls back before it moves
    }

    Mode public mode;
    mapping(address account => uint256) public balanceOf;
    address private target;
    bytes private data;
    bool public reentered;
    bytes public answer;

    function set(Mode mode_, address target_, bytes calldata data_) external {
        (mode, target, data, reentered, answer) = (mode_, target_, data_, false, "");
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    /// @dev A rebase: the holder has done nothing.
    function burn(address from, uint256 amount) external {
        balanceOf[from] -= amount;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    /// @dev Calls as itself: the token has an account of its own.
    function call(address to, bytes calldata payload) external {
        (bool ok, bytes memory out) = to.call(payload);
        if (!ok) {
            assembly {
                revert(add(out, 0x20), mload(out))
            }
        }
    }

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external {
        if (mode == Mode.NoPermit || mode == Mode.Revert) revert("no");
        if (mode == Mode.ReEnter) _reEnter();
    }

    function _reEnter() private {
        if (reentered || target == address(0)) return;
        reentered = true;
        bool ok;
        (ok, answer) = target.call(data);
        reentered = ok;
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.No) return false;
        if (mode == Mode.ReEnter) _reEnter();
        balanceOf[from] -= amount;
        balanceOf[to] +=
            mode == Mode.Fee
                ? amount - amount / 10
                : mode == Mode.Bonus
                    ? amount + 1
                    : amount;
        if (mode == Mode.NoAnswer) {
            assembly {
                return(0, 0)
            }
        }
        return true;
    }
}
