import { access } from "node:fs/promises";
import type { Command } from "commander";
import { marketDomain } from "../../protocol/eip712";
import type { Mismatch, PublishedDecision, Signatory } from "../../offchain/simulate/replay/replay";
import { FrobenError, getDecisions } from "../../sdk";
import type { Cli } from "../context";
import { EXIT, QuietExit } from "../errors";
import { fields, table } from "../render/table";

/** Mismatches that are listed; all are counted. */
const MOST_LISTED = 100;

interface Found extends Mismatch {
  digest: string;
  step: string;
  tasks: number[];
}

interface Replay {
  decisions: number;
  /** Decisions whose signed assignment was checked. */
  signed: number;
  mismatched: number;
  mismatches: Found[];
}

/** Where decisions come from, and who signs them. */
async function sourceOf(
  cli: Cli,
  subject: string,
): Promise<{ decisions: AsyncIterable<PublishedDecision>; signatory?: Signatory }> {
  if (!/^\d{1,15}$/.test(subject)) {
    const { readDecisions } = await import("../../offchain/simulate/replay/read");
    await access(subject).catch((cause: unknown) => {
      throw new FrobenError("file_unreadable", `can't read ${subject}`, { value: subject, cause });
    });
    return { decisions: readDecisions(subject) };
  }
  const client = await cli.client();
  const { chainId, market, coordinator } = await client.market();
  const signatory = { coordinator, domain: marketDomain(chainId, market) };
  const decisions = getDecisions(client, Number(subject)) as AsyncIterable<unknown>;
  return { decisions: decisions as AsyncIterable<PublishedDecision>, signatory };
}

async function replayAll(cli: Cli, subject: string): Promise<Replay> {
  const { replayDecision } = await import("../../offchain/simulate/replay/replay");
  const { decisions, signatory } = await sourceOf(cli, subject);
  const replay: Replay = { decisions: 0, signed: 0, mismatched: 0, mismatches: [] };
  for await (const decision of decisions) {
    const found = await replayDecision(decision, signatory);
    const { digest, record, assignment } = decision;
    replay.decisions++;
    if (assignment && signatory) replay.signed++;
    if (found.length > 0) replay.mismatched++;
    for (const mismatch of found)
      if (replay.mismatches.length < MOST_LISTED)
        replay.mismatches.push({ digest, step: record.step, tasks: record.tasks, ...mismatch });
  }
  return replay;
}

/** `froben replay`: makes the matchmaker's choices again from what it published. */
export function addReplay(program: Command, cli: Cli): void {
  program
    .command("replay")
    .description("make the matchmaker's choices again from the published records")
    .argument("<workflow>", "the workflow's number, or a file of decisions")
    .addHelpText(
      "after",
      "\nFrom each record the choice and the digest are computed again; of a workflow also the root of the signed assignment, with the digest in each\nleaf, and who signed it. `froben audit` holds these roots against the claims on-chain. A file is what `froben simulate` writes (--out,\n--decisions), or pages of GET /v1/workflows/N/decisions.\n\nExit codes: 0 all came out as published, 1 something did not, 2 wrong usage.\n\nExamples:\n  froben replay 1\n  froben replay run.json --json",
    )
    .action(async (subject: string) => {
      const replay = await replayAll(cli, subject);
      const { decisions, signed, mismatched, mismatches } = replay;
      cli.print(replay, () => [
        ...fields([
          ["decisions", decisions],
          ["as published", decisions - mismatched],
          ["signed assignments", `${signed} checked`],
        ]),
        ...(mismatched > 0
          ? [
              "",
              table(
                ["decision", "step", "tasks", "mismatch", "what"],
                mismatches.map(({ digest, step, tasks, code, message }) => [
                  digest.slice(0, 16),
                  step,
                  tasks.join(),
                  code,
                  message,
                ]),
              ),
            ]
          : []),
      ]);
      if (mismatched > 0) throw new QuietExit(EXIT.failure);
    });
}
