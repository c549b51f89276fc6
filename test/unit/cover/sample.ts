/** A contract with every construct that decides something. Umlauts (ü) show that bytes are counted as the compiler counts them. */
export const sample = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// ü
function half(uint256 a) pure returns (uint256) {
    return a % 2 == 0 ? a / 2 : (a - 1) / 2;
}

contract Sample {
    uint256 private constant LIMIT = 8 > 7 ? 8 : 7;
    error TooMuch(uint256 a);

    constructor() {}

    modifier below(uint256 a, uint256 most) {
        if (a < most) _;
    }

    function plain(uint256 a) external pure returns (uint256 r) {
        if (a > 3)
            r = 1;
        return r;
    }

    function reverting(uint256 a) external pure {
        if (a > 3) revert TooMuch(a);
    }

    function joined(uint256 a, uint256 b) external pure returns (bool) {
        return a == 1 || !(b == 2 && !(a == 3));
    }

    function ternary(uint256 a) external pure returns (uint256) {
        return add(a > 3 ? (a > 5 ? 3 : 2) : 1, 100);
    }

    function add(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return a + b;
        }
    }

    function loops(uint256 n) external pure returns (uint256 sum) {
        for (uint256 i = 0; i < n; ++i) sum += i;
        uint256 i = 0;
        while (i < n) {
            ++i;
            sum += 1;
        }
        do ++sum; while (sum < n); // once at least
        if (n > 1) { sum += 2; } else if (false == true) sum = 0; else { sum += 0; }
    }

    function guarded(uint256 a) external pure below(a, LIMIT) returns (uint256) {
        require(a > 1, "small");
        return half(a);
    }

    function trying(uint256 a) external view returns (uint256) {
        try this.reverting(a) {
            return 1;
        } catch Error(string memory) {
            return 2;
        } catch {
            return 3;
        }
    }

    function delegating(uint256 a) external returns (bool ok) {
        (ok, ) = address(this).delegatecall(abi.encodeCall(this.plain, (a)));
    }

    function yul(uint256 a) external pure returns (uint256 r) {
        assembly {
            function twice(x) -> y { y := mul(x, 2) }
            for { let i := 0 } lt(i, a) { i := add(i, 1) } {
                if gt(i, 1) { r := twice(10) }
            }
            switch a
            case 0 { r := 7 }
            case 1 { r := 8 }
            if iszero(iszero(a)) { r := add(r, a) }
        }
    }
}
`;
