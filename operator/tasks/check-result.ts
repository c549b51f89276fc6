/** Who calls it: the task runner, before a receipt is signed; devnet puts its own in place of it. */
import { stat } from "node:fs/promises";
import type { Address, Hex } from "viem";
import { verifierAbi } from "../../protocol/abi";
import { RULE } from "../../protocol/terms";
import type { ArtifactCache } from "../artifacts/cache";
import type { MarketChain } from "../chain/clients";
import type { SignedAssignment } from "../../protocol/http";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";

/**
 * Asks whether a result would survive a challenge and a demand.
 * @throws FrobenError `result_invalid`, `result_too_large` when it would not
 */
export type CheckResult = (
  signed: SignedAssignment,
  inputs: Record<string, Digest>,
  result: Digest,
) => Promise<void>;

const toHex = (bytes: Buffer): Hex => `0x${bytes.toString("hex")}`;

/** A result that is too large to be revealed on demand would cost the bond, right or wrong. */
async function checkSize(
  { terms }: SignedAssignment,
  cache: ArtifactCache,
  result: Digest,
): Promise<void> {
  const { maxReveal } = terms.judge;
  if (maxReveal === 0 || terms.isFinal) return; // nobody can demand it
  const { size } = await stat(cache.path(result));
  if (size > maxReveal)
    throw new FrobenError("result_too_large", "the result is larger than the step's can be", {
      field: "result",
      limit: maxReveal,
      value: size,
      hint: "the requester should raise the step's maxRevealBytes, or set it to 0",
    });
}

/**
 * Makes the product's own check: under rule verifier the step's adapter is asked by `eth_call`, because a wrong
 * commitment costs the whole bond; under the other rules there is nobody to ask.
 */
export function createResultCheck(chain: MarketChain, cache: ArtifactCache): CheckResult {
  return async (signed, inputs, result) => {
    await checkSize(signed, cache, result);
    if (signed.terms.rule !== RULE.verifier || signed.statement === undefined) return;
    const statement = toHex(await cache.bytes(inputs[signed.statement]!));
    const bytes = toHex(await cache.bytes(result));
    const verifier = signed.terms.judge.verifier as Address;
    const valid = await chain.client
      .readContract({
        address: verifier,
        abi: verifierAbi,
        functionName: "verify",
        args: [statement, bytes],
      })
      .catch((cause: unknown) => {
        if (String(cause).toLowerCase().includes("revert")) return false; // a revert counts as "no"
        throw new FrobenError("chain_unreachable", "the verifier could not be asked", {
          retryable: true,
          cause,
        });
      });
    if (!valid)
      throw new FrobenError("result_invalid", "the verifier says no to this machine's own result", {
        field: "result",
        value: result,
        retryable: true,
        hint: "is the program the one that the verifier was made for?",
      });
  };
}
