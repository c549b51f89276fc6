import { availableParallelism, tmpdir } from "node:os";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { ensureCompiled } from "../../deploy/compiled";
import { Cleanup } from "../../devnet/cleanup";
import { FrobenError } from "../../protocol/errors";
import { layGroundwork, tryAll } from "./campaign";
import { Lane } from "./lane";
import { FILES } from "./messages";
import { mutantsOf, sampleOf, type Mutant } from "./mutants";
import { readPlan, type OwnSource } from "./plan";
import { Progress } from "./progress";
import { copyProject } from "./project-copy";
import { renderReport, summarize, type Report, type Tried } from "./report";
import { Store, worldDigest } from "./store";
import { readAccepted, staleEntries } from "./survivors";

// `npm run mutate`: makes small mistakes in the contracts, one at a time, and counts how many of them the contract tests notice.

const root = join(__dirname, "../..");

interface Flags {
  sample: number;
  all?: boolean;
  file?: string[];
  seed: string;
  jobs: number;
  json?: string;
  least?: number;
}

function whole(from: number, to: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to)
      throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
    return value;
  };
}

function parseFlags(): Flags {
  const jobs = availableParallelism();
  return new Command("npm run mutate --")
    .description(
      "Makes small mistakes in the contracts, one at a time, and lists those that no contract test notices.",
    )
    .option("--sample <n>", "how many mutants to try, chosen by the seed", whole(1, 1e6), 200)
    .option("--all", "try every mutant")
    .option("--file <path...>", "only these sources, e.g. contracts/libraries/BitsLib.sol")
    .option("--seed <text>", "another seed is another sample", "froben")
    .option("--jobs <n>", "workers; each takes about a core and 1 GB", whole(1, 64), jobs)
    .option("--json <file>", "write every verdict as data")
    .option("--least <percent>", "exit with 1 if the kill rate is below this", whole(0, 100))
    .parse()
    .opts<Flags>();
}

const say = (line: string) => process.stderr.write(`mutate: ${line}\n`);

/** @throws FrobenError `mutation_file` for a path that is no source with code of its own */
function choose(own: Map<string, OwnSource>, { file, all, sample, seed }: Flags) {
  const unknown = file?.find((path) => !own.has(path));
  if (unknown)
    throw new FrobenError("mutation_file", `there is no contract source ${unknown}`, {
      hint: `sources: ${[...own.keys()].sort().join(", ")}`,
    });
  const every: Mutant[] = [...own]
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([path, { unit, text }]) => mutantsOf(path, text, unit));
  const wanted = every.filter((mutant) => !file || file.includes(mutant.file));
  return { every, chosen: sampleOf(wanted, all ? wanted.length : sample, seed), of: wanted.length };
}

async function check(flags: Flags, cleanup: Cleanup, signal: AbortSignal): Promise<Report> {
  await ensureCompiled();
  process.chdir(root); // where Hardhat looks for its configuration
  const { default: hre } = await import("hardhat");
  const { plan, own } = await readPlan(hre);
  const { every, chosen, of } = choose(own, flags);
  const accepted = readAccepted(join(__dirname, "survivors.json"));

  const folder = await mkdtemp(join(tmpdir(), "froben-mutate-"));
  cleanup.addFolder(folder);
  await writeFile(join(folder, FILES.plan), JSON.stringify(plan));
  const lanes: Lane[] = [];
  for (let i = 0; i < Math.min(flags.jobs, chosen.length); i++) {
    const copy = join(folder, `copy-${i}`);
    await copyProject(root, copy);
    const lane = new Lane(copy, folder);
    lanes.push(lane);
    cleanup.addProcess(() => lane.end());
  }
  say(`${chosen.length} of ${of} mutants, ${lanes.length} workers; first the unchanged contracts`);
  const groundwork = await layGroundwork(lanes, plan, chosen, folder, signal);

  const world = worldDigest(root, plan, groundwork.traced.modules);
  const store = new Store(join(root, "cache", "mutation", "verdicts.jsonl"), world);
  const tried: Tried[] = chosen.flatMap((mutant) => {
    const verdict = store.get(mutant);
    return verdict ? [{ mutant, verdict }] : [];
  });
  if (tried.length > 0) say(`${tried.length} verdicts are known from earlier runs`);
  const left = chosen.filter((mutant) => !store.get(mutant));
  const progress = new Progress(left.length);
  await tryAll(lanes, plan, groundwork, left, signal, (mutant, verdict) => {
    if (verdict.outcome !== "unjudged") store.put(mutant, verdict);
    tried.push({ mutant, verdict });
    progress.count(verdict.outcome);
  });
  progress.end();
  return summarize(tried, accepted, staleEntries(accepted, every));
}

/** @returns the exit code */
async function run(flags: Flags, cleanup: Cleanup, signal: AbortSignal): Promise<number> {
  const report = await check(flags, cleanup, signal);
  process.stdout.write(`${renderReport(report)}\n`);
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);
  if (signal.aborted) return 130;
  const { least } = flags;
  if (least === undefined || (report.killRate ?? 0) >= least) return 0;
  say(`the kill rate is below ${least}%`);
  return 1;
}

async function main(): Promise<void> {
  const flags = parseFlags();
  const cleanup = new Cleanup();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (stop.signal.aborted) return;
      say("stopping; what is done is kept");
      stop.abort();
      void cleanup.run();
    });
  try {
    process.exitCode = await run(flags, cleanup, stop.signal);
  } catch (error) {
    process.exitCode = stop.signal.aborted ? 130 : 2;
    if (!stop.signal.aborted) {
      say(error instanceof Error ? error.message : String(error));
      if (error instanceof FrobenError && error.value) say(String(error.value));
      if (error instanceof FrobenError && error.hint) say(error.hint);
    }
  }
  await cleanup.run();
  process.exit();
}

void main();
