import type { Command } from "commander";
import { FrobenError } from "../../protocol/errors";
import type { Spec } from "../../protocol/spec";
import { SPEC_SCHEMA_PATH } from "../../protocol/spec-json-schema";
import { minimumEscrow, stepTermsOf } from "../../protocol/terms";
import { parseSpec, specDigest } from "../../protocol/validate-spec";
import { bondWarnings, DEFAULT_UNIT } from "../../sdk";
import type { Cli } from "../context";
import { gwei } from "../gwei";
import { wholeNumber } from "../numbers";
import { readText } from "../read-text";
import { fields, table } from "../render/table";

/**
 * Reads and checks a spec.
 * @throws FrobenError `file_unreadable`, `not_json`, and those of `parseSpec`
 */
export async function readSpec(path: string): Promise<Spec> {
  const text = await readText(path);
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

interface Flags {
  /** Wei. */
  gasPrice?: bigint;
  unit: number;
}

/** `froben validate`: no chain and no coordinator needed. */
export function addValidate(program: Command, cli: Cli): void {
  program
    .command("validate")
    .description("check a spec, and say what it would cost at most")
    .argument("<spec.json>", "the spec")
    .option(
      "--gas-price <gwei>",
      "also warn of bonds that would pay for no challenge at this price",
      gwei,
    )
    .option("--unit <wei>", "wei of one unit of the market", wholeNumber, Number(DEFAULT_UNIT))
    .addHelpText(
      "after",
      `\nThe form of a spec is in ${SPEC_SCHEMA_PATH} (JSON schema; \`froben schema\` prints it), an example in docs/spec.example.json.\n\nExamples:\n  froben validate workflow.json\n  froben validate workflow.json --gas-price 5`,
    )
    .action(async (path: string, { gasPrice, unit }: Flags) => {
      const spec = await readSpec(path);
      const warnings =
        gasPrice === undefined ? undefined : bondWarnings(spec, gasPrice, BigInt(unit));
      const escrow = minimumEscrow(stepTermsOf(spec), 0).toString();
      const tasks = spec.steps.reduce((sum, step) => sum + step.maxTasks, 0);
      const digest = specDigest(spec);
      cli.print({ valid: true, digest, tasks, minimumEscrow: escrow, warnings }, () => [
        ...fields([
          ["spec", `${spec.name}, valid`],
          ["digest", digest],
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
        ...(warnings ?? []).map(({ message }) => `warning: ${message}`),
      ]);
    });
}
