import { readFile, writeFile } from "node:fs/promises";
import { FrobenError } from "../../../protocol/errors";
import { runOperatorProcess } from "../../../operator/process";
import type { Execute } from "../../../operator/run/execute";

// The product's own operator, whose executor spoils what it puts out: CHAOS_RESULT=garbage|another|nothing.

/** The first result that it ever made: what it returns for every other task too. */
let first: Buffer | undefined;

const spoil =
  (own: Execute): Execute =>
  async (request, hooks) => {
    const result = await own(request, hooks);
    if (process.env.CHAOS_RESULT === "nothing")
      throw new FrobenError("run_failed", "it fails at everything", { retryable: true });
    const { proof } = request.outputs;
    if (!proof) return result; // lists are left alone
    first ??= await readFile(proof.path);
    await writeFile(proof.path, process.env.CHAOS_RESULT === "garbage" ? "garbage" : first);
    return result;
  };

runOperatorProcess({ execute: spoil, checkResult: () => Promise.resolve() });
