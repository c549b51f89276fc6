/** Who calls it: advance.ts and the transaction sender. Tells a revert from a node that could not be asked. */
import { BaseError, decodeErrorResult, isHex, type Hex } from "viem";
import { marketAbi } from "../../protocol/abi";

/** The bytes that a reverted call returned, wherever the node puts them. */
function revertData(error: BaseError): Hex | undefined {
  let found: Hex | undefined;
  error.walk((cause) => {
    const { data } = cause as { data?: unknown };
    const inner = typeof data === "object" ? (data as { data?: unknown } | null)?.data : data;
    if (isHex(inner) && inner.length >= 10) found = inner;
    return found !== undefined;
  });
  return found;
}

/**
 * Why a call reverted: the contract's own error with its values where it has one.
 * @returns undefined when it did not revert: the node is unreachable, or the sender has too little ether
 */
export function revertReason(error: unknown): string | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const data = revertData(error);
  if (data) {
    try {
      const { errorName, args = [] } = decodeErrorResult({ abi: marketAbi, data });
      return `${errorName}(${args.join(", ")})`;
    } catch {
      return `an unknown error, ${data.slice(0, 10)}`;
    }
  }
  return /revert/i.test(`${error.details} ${error.shortMessage}`)
    ? error.details || error.shortMessage
    : undefined;
}
