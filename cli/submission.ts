import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { sha256, type Digest } from "../protocol/digest";
import { FrobenError } from "../protocol/errors";
import { submit, waitFor, type Client, type Warning, type Workflow } from "../sdk";
import type { Cli } from "./context";
import { wholeNumber } from "./numbers";
import { moneyOf } from "./render/money";

/** Flags of commands that pay for a run. */
export interface SubmissionFlags {
  artifact: string[];
  key: string;
  feeBps: number;
  silenceDelay?: number;
  wait?: boolean;
}

/** Adds the flags of commands that pay for a run. */
export function withSubmissionOptions(command: Command): Command {
  return command
    .option("--artifact <file...>", "bytes that the spec names by their digest", [])
    .option("--key <name>", "tells runs of the same spec apart: one key is bought once", "")
    .option("--fee-bps <n>", "the coordinator's fee, basis points of what is spent", wholeNumber, 0)
    .option(
      "--silence-delay <seconds>",
      "how long a coordinator that is declared silent has to answer, 0: it can't be (default: 3600)",
      wholeNumber,
    )
    .option("--wait", "wait until the workflow has ended");
}

/** @returns the files' bytes by their digest @throws FrobenError `file_unreadable` */
export async function readArtifacts(paths: string[]): Promise<Map<Digest, Uint8Array>> {
  const artifacts = new Map<Digest, Uint8Array>();
  for (const path of paths) {
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new FrobenError("file_unreadable", `can't read ${path}`, {
        field: "--artifact",
        value: path,
        cause,
      });
    });
    artifacts.set(sha256(bytes), bytes);
  }
  return artifacts;
}

/**
 * Pays for a run and says so; waits for its end if that is asked for.
 * @param more what else the data are to say
 */
export async function submitAndPrint(
  cli: Cli,
  client: Client,
  workflow: Workflow,
  flags: SubmissionFlags,
  more: object = {},
): Promise<void> {
  const warnings: Warning[] = [];
  const submitted = await submit(client, workflow, {
    key: flags.key,
    feeBps: flags.feeBps,
    silenceDelaySeconds: flags.silenceDelay,
    onWarning(warning) {
      warnings.push(warning);
      cli.note(`warning: ${warning.message}`);
    },
  });
  const money = moneyOf(await client.market());
  const data = { ...submitted, escrow: submitted.escrow.toString(), ...more, warnings };
  if (!flags.wait) {
    cli.print(data, () =>
      submitted.opened
        ? `workflow ${submitted.workflow} is open: ${money(submitted.escrow)} in escrow, transaction ${submitted.hash}`
        : `workflow ${submitted.workflow} was opened before with this spec and key (transaction ${submitted.hash}); nothing was paid`,
    );
    return;
  }
  cli.note(`workflow ${submitted.workflow} is open, waiting for its end ...`);
  const view = await waitFor(client, submitted.workflow);
  cli.print({ ...data, view }, () => `workflow ${view.workflow} is ${view.state}`);
}
