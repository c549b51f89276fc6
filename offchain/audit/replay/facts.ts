import type { Hex } from "viem";
import { FrobenError } from "../../../protocol/errors";
import { decodeFacts, type LoggedOperations } from "../../../protocol/operations";

/** @returns the operations that an `Advanced` tells, or undefined if its bytes are none */
export function readFacts(facts: Hex): LoggedOperations | undefined {
  try {
    return decodeFacts(facts);
  } catch (error) {
    if (error instanceof FrobenError) return undefined;
    throw error;
  }
}
