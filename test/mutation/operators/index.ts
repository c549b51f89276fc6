import { conditionOperators } from "./conditions";
import { literalOperators } from "./literals";
import type { Operator } from "./operator";
import { statementOperators } from "./statements";
import { tokenOperators } from "./tokens";
import { yulOperators } from "./yul";

/** Every kind of mistake that the check makes. */
export const OPERATORS: Operator[] = [
  ...tokenOperators,
  ...conditionOperators,
  ...statementOperators,
  ...literalOperators,
  ...yulOperators,
];
