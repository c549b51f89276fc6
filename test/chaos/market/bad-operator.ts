import "../faults/crash-hook"; // before everything that it watches
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FrobenError } from "../../../protocol/errors";
import { runOperatorProcess } from "../../../operator/process";
import type { Execute, ExecuteRequest } from "../../../operator/run/execute";

// The product's own operator, whose executor spoils what it puts out: CHAOS_RESULT=garbage|another|lists|nothing.

/** The first item of its lists is wrong; all else it does right. */
async function spoilLists(outputs: ExecuteRequest["outputs"]): Promise<void> {
  for (const { kind, path } of Object.values(outputs)) {
    if (kind !== "collection") continue;
    const [item] = (await readdir(path)).sort();
    await writeFile(join(path, item!), "garbage");
  }
}

/** The first result that it ever made: what it returns for every other task too. */
let first: Buffer | undefined;

const spoil =
  (own: Execute): Execute =>
  async (request, hooks) => {
    const result = await own(request, hooks);
    if (process.env.CHAOS_RESULT === "nothing")
      throw new FrobenError("run_failed", "it fails at everything", { retryable: true });
    if (process.env.CHAOS_RESULT === "lists") {
      await spoilLists(request.outputs);
      return result;
    }
    const { proof } = request.outputs;
    if (!proof) return result;
    first ??= await readFile(proof.path);
    await writeFile(proof.path, process.env.CHAOS_RESULT === "garbage" ? "garbage" : first);
    return result;
  };

runOperatorProcess({ execute: spoil, checkResult: () => Promise.resolve() });
