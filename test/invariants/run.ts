import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { FrobenError } from "../../protocol/errors";
import { compile, replayKept, runChunk, type Failure, type Market } from "./forge";
import { keep, keptFailures } from "./kept";
import { callsOf, emptyTally, errorsMet, merge, refusedOf, table, type Tally } from "./tally";

// `npm run fuzz [-- --calls N] [--seed HEX] [--json FILE]`: random sequences of calls against the market, in chunks.

/** Sequences of one forge process, and about how many calls those are: a few seconds. */
const RUNS = 44;
const CALLS = 10_000;

/** Of eight chunks, one pays in a token and one in a hostile one: their calls are slower, and most of what they do is the same. */
const MARKETS: Market[] = [
  "Native",
  "Token",
  "Native",
  "HostileToken",
  "Native",
  "Native",
  "Native",
  "Native",
];

interface Options {
  calls: number;
  seed: string;
  jobs: number;
  json?: string;
}

function count(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError("a whole number above zero");
  return n;
}

function hex(text: string): string {
  if (!/^0x[0-9a-f]{1,16}$/.test(text))
    throw new InvalidArgumentError("0x and up to 16 hex digits");
  return text;
}

function options(): Options {
  return new Command("fuzz")
    .description(
      "Random sequences of calls against the market; after each call its invariants must hold.",
    )
    .option("--calls <n>", "calls to the market, at least", count, 1_000_000)
    .option(
      "--seed <hex>",
      "repeat this campaign (default: random)",
      hex,
      `0x${randomBytes(8).toString("hex")}`,
    )
    .option("--jobs <n>", "forge processes at a time", count, availableParallelism())
    .option("--json <file>", "write the report as data")
    .parse()
    .opts<Options>();
}

/** Chunks' seeds differ between campaigns, so that two campaigns never share one. */
function chunkSeed(seed: string, index: number): string {
  const digest = createHash("sha256").update(`${seed}:${index}`).digest("hex");
  return `0x${digest.slice(0, 16)}`;
}

/** Runs chunks, `jobs` at a time, until enough calls were made or one failed. */
async function campaign(
  { calls, seed, jobs }: Options,
  tally: Tally,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const started = Date.now();
  let [next, shown, running] = [0, 0, 0];
  let failure: Failure | undefined;
  const worker = async () => {
    while (!failure && callsOf(tally) + running * CALLS < calls) {
      ++running;
      const index = next++;
      const market = MARKETS[index % MARKETS.length]!;
      const chunk = await runChunk(market, chunkSeed(seed, index), RUNS, signal);
      --running;
      if (chunk.failure) failure ??= chunk.failure;
      merge(tally, chunk.tally);
      const done = callsOf(tally);
      const tenth = Math.floor((10 * done) / calls);
      if (tenth === shown) continue;
      shown = tenth;
      const rate = Math.round((1000 * done) / (Date.now() - started));
      console.error(`${done} of ${calls} calls, ${rate} a second`);
    }
  };
  const workers = Array.from({ length: Math.min(jobs, Math.ceil(calls / CALLS)) }, worker);
  const ends = await Promise.allSettled(workers);
  const broken = ends.find((end) => end.status === "rejected");
  if (broken) throw broken.reason;
  return failure;
}

/** Seeds and sequences that once failed. @returns what fails again */
async function replay(signal: AbortSignal): Promise<string | undefined> {
  const sequence = await replayKept(signal);
  if (sequence) return `a kept sequence fails: ${sequence}`;
  for (const { market, seed, runs } of keptFailures()) {
    const { failure } = await runChunk(market, seed, runs, signal);
    if (failure) return `kept seed ${seed} fails: ${failure.reason}`;
  }
  return undefined;
}

/** Everything that can be called at the market's address, whichever of its contracts answers. */
function abi(): { type: string; name?: string; inputs?: unknown }[] {
  const file = join(__dirname, "..", "..", "cache", "forge", "out", "IMarket.sol", "IMarket.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { abi: { type: string }[] }).abi;
}

async function main(): Promise<number> {
  const chosen = options();
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(name, () => stop.abort(new FrobenError("interrupted", "Stopped.")));
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);

  await compile(stop.signal);
  const compiled = seconds();
  console.error(`compiled after ${compiled} s; seed ${chosen.seed}`);
  const again = await replay(stop.signal);
  const tally = emptyTally();
  const failure = again ? undefined : await campaign(chosen, tally, stop.signal);
  if (failure) keep(failure);

  const { met, unmet } = errorsMet(tally, abi());
  if (callsOf(tally) > 0) {
    console.log(table(tally));
    console.log(`errors of the market that no call met: ${unmet.join(", ") || "none"}`);
  }
  console.log(
    `${callsOf(tally)} calls, ${refusedOf(tally)} refused, ${seconds()} s, seed ${chosen.seed}`,
  );
  if (again) console.log(again);
  if (failure) {
    console.log(`FAILED: ${failure.reason}\n  ${failure.actions.join("\n  ")}`);
    console.log("The sequence is kept in test/invariants/failing-seeds.json.");
  }
  const report = {
    seed: chosen.seed,
    calls: callsOf(tally),
    refused: refusedOf(tally),
    seconds: { compile: compiled, all: seconds() },
    actions: tally.actions,
    errors: met,
    errorsUnmet: unmet,
    failure: failure ?? null,
    replay: again ?? null,
  };
  if (chosen.json) writeFileSync(chosen.json, `${JSON.stringify(report, null, 2)}\n`);
  return failure || again ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const stopped = error instanceof Error && error.name === "AbortError";
    const known = error instanceof FrobenError;
    console.error(
      stopped ? "fuzz: stopped" : known ? `fuzz: ${error.message} ${error.hint ?? ""}` : error,
    );
    process.exit(stopped ? 130 : 1);
  },
);
