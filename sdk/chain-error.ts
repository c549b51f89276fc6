import { BaseError, ContractFunctionRevertedError, hexToString, isHex } from "viem";
import { FrobenError, type ErrorDetails } from "../protocol/errors";

/** What a requester can do about the contract's errors. */
const HINTS: Record<string, string> = {
  NotRequester: "only the account that opened the workflow can do this",
  WorkflowClosed: "the workflow is completed, cancelled or past its deadline",
  WorkflowOpen:
    "it takes claims until its deadline, or for 15 minutes after it was completed (unless the market says otherwise): wait, or cancel it while it is open",
  NothingToRefund: "everything left is spent, kept for work under way, or refunded already",
  FeeNotDue: "the fee is due a day after the last result can have matured, and once",
  DisputesOpen: "somebody has to close the workflow's disputes first",
  NothingOwed: "refunds are owed after `refund`, rewards after settlement",
  VerifierWithoutCode: "is the adapter deployed on this chain?",
};

const ascii = (bytes: unknown): string =>
  isHex(bytes) ? hexToString(bytes).replace(/\0+$/, "") : String(bytes);

/** Field, limit and value of the errors that carry them. */
function detailsOf(name: string, args: readonly unknown[]): ErrorDetails {
  if (name === "TermOutOfRange") {
    const [term, value, least, most] = args;
    return { field: ascii(term), value: String(value), limit: `${least} to ${most}` };
  }
  if (name === "StepTermOutOfRange") {
    const [step, term, value, least, most] = args;
    const field = `steps[${step}].${ascii(term)}`;
    return { field, value: String(value), limit: `${least} to ${most}` };
  }
  return args.length === 1 ? { value: String(args[0]) } : {};
}

/**
 * Turns viem's errors into ours, so that a revert names the contract's own error.
 * @param functionName of the call that failed
 */
export function chainError(error: unknown, functionName: string): FrobenError {
  if (error instanceof FrobenError) return error;
  if (!(error instanceof BaseError))
    return new FrobenError("chain_error", String(error), { cause: error });
  const revert = error.walk((e) => e instanceof ContractFunctionRevertedError);
  if (revert instanceof ContractFunctionRevertedError) {
    const name = revert.data?.errorName ?? revert.reason ?? revert.signature ?? "no reason";
    const { args = [] } = revert.data ?? {};
    return new FrobenError("reverted", `${functionName} reverts: ${name}(${args.join(", ")})`, {
      field: functionName,
      value: name,
      hint: HINTS[name],
      ...detailsOf(name, args),
      cause: error,
    });
  }
  return new FrobenError("chain_error", error.shortMessage, {
    field: functionName,
    retryable: true,
    hint: "check the RPC URL and the account's balance",
    cause: error,
  });
}
