import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { FrobenError } from "../../protocol/errors";
import type { Spec } from "../../protocol/spec";
import { minimumEscrow, stepTermsOf } from "../../protocol/terms";
import { parseSpec, specDigest } from "../../protocol/validate-spec";
import type { Cli } from "../context";
import { fields, table } from "../render/table";

/**
 * Reads and checks a spec.
 * @throws FrobenError `file_unreadable`, `not_json`, and those of `parseSpec`
 */
export async function readSpec(path: string): Promise<Spec> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new FrobenError("file_unreadable", `can't read ${path}`, { value: path, cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FrobenError("not_json", `${path} is not JSON: ${(cause as Error).message}`, {
      value: path,
      cause,
    });
  }
  return parseSpec(json);
}

/** `froben validate`: no chain and no coordinator needed. */
export function addValidate(program: Command, cli: Cli): void {
  program
    .command("validate")
    .description("check a spec, and say what it would cost at most")
    .argument("<spec.json>", "the spec")
    .addHelpText("after", "\nExample:\n  froben validate workflow.json")
    .action(async (path: string) => {
      const spec = await readSpec(path);
      const escrow = minimumEscrow(stepTermsOf(spec), 0).toString();
      const tasks = spec.steps.reduce((sum, step) => sum + step.maxTasks, 0);
      cli.print({ valid: true, digest: specDigest(spec), tasks, minimumEscrow: escrow }, () => [
        ...fields([
          ["spec", `${spec.name}, valid`],
          ["digest", specDigest(spec)],
          ["most tasks", tasks],
          ["escrow", `${escrow} units`],
        ]),
        "",
        table(
          ["step", "fan-out", "most tasks", "reward", "bond", "rule"],
          spec.steps.map((step) => [
            step.id,
            step.fanOut.kind,
            step.maxTasks,
            step.reward,
            step.bond,
            step.final ? `${step.rule.kind}, final` : step.rule.kind,
          ]),
        ),
      ]);
    });
}
