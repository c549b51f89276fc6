// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TemplateAdapter} from "../adapters/TemplateAdapter.sol";

/// @title The template, filled in for the easiest proof system: a result is valid if it repeats the statement's first bytes
contract EchoAdapter is TemplateAdapter {
    constructor(uint256 statementBytes, uint256 resultBytes) TemplateAdapter(statementBytes, resultBytes) {}

    /// @inheritdoc TemplateAdapter
    function _ask(bytes calldata statement, bytes calldata result) internal pure override returns (bool valid) {
        return keccak256(statement[:result.length]) == keccak256(result);
    }
}
