import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { Cleanup } from "../../devnet/cleanup";
import { Lane } from "./lane";
import { keep, keptFailures } from "./kept";
import type { Played } from "./play";
import type { Scenario } from "./scenario";
import { FIXED, RANDOM } from "./scenarios";
import { undisturbed } from "./scenarios/undisturbed";

// `npm run chaos`: faults of every kind on markets of real processes, several side by side: a scenario waits more than it computes.

const RANDOM_SEEDS = 10;
/** The seed of continuous integration: it plays the same each time. */
const CI_SEED = "ci";
/** Continuous integration has six minutes: after so many seconds it begins no random scenario. */
const CI_BEGIN_SECONDS = 300;

interface Flags {
  minutes?: number;
  seed: string;
  ci?: boolean;
  markets: number;
  only?: string;
  json?: string;
  logs?: string;
  list?: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a number above zero.");
  return value;
}

function whole(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("It must be a whole number.");
  return value;
}

const program = new Command("npm run chaos --")
  .description(
    "Plays faults on a market of real processes: kills, broken networks, lying nodes, reorganisations, lost databases, bad operators. After each the workflow must have finished with the outputs of an undisturbed run, and the audit must find every wei.",
  )
  .option(
    "--minutes <n>",
    `random scenarios until so much time has passed in all (default: ${RANDOM_SEEDS} of them)`,
    positive,
  )
  .option(
    "--seed <text>",
    "where random scenarios come from (default: chance)",
    randomBytes(4).toString("hex"),
  )
  .option(
    "--ci",
    `the same seeds each time (--seed ${CI_SEED}); what fails is played once more, and not kept; random scenarios begin in the first ${CI_BEGIN_SECONDS} seconds`,
  )
  .option(
    "--markets <n>",
    "so many at the same time (default: two more than there are cores)",
    whole,
    availableParallelism() + 2,
  )
  .option("--only <name>", "scenarios whose name contains this")
  .option("--list", "only say which scenarios there are")
  .option("--json <file>", "write the report as data")
  .option("--logs <folder>", "keep the logs and data of what failed there")
  .addHelpText(
    "after",
    "\nWhat failed is kept in test/chaos/failing-seeds.json and played again the next time.\n\nExit codes: 0 nothing is wrong, 1 a scenario failed, 2 wrong usage, 130 interrupted.",
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

type Item = [Scenario, string];

/**
 * What is to be played, in order: what disturbs nothing, what failed before, the rest of the fixed set, then chance. Items of a group
 * follow each other on one market.
 */
function* agenda({ minutes, seed, only, ci }: Flags): Generator<Item[]> {
  const named = ({ name }: Scenario) => only === undefined || name.includes(only);
  const [first = [], ...others] = FIXED.map((group) =>
    group.filter(named).map((scenario): Item => [scenario, `${seed}-${scenario.name}`]),
  );
  const random = RANDOM.filter(named);
  yield first;
  for (const kept of keptFailures()) {
    const scenario = [...FIXED.flat(), ...RANDOM].find(({ name }) => name === kept.name);
    if (scenario && named(scenario)) yield [[scenario, kept.seed]];
  }
  yield* others;
  if (random.length === 0) return;
  const end = Date.now() + (minutes ?? 0) * 60_000 - process.uptime() * 1000;
  for (let i = 0; minutes === undefined ? i < RANDOM_SEEDS : Date.now() < end; i++) {
    if (ci && process.uptime() > CI_BEGIN_SECONDS) {
      process.stdout.write(`${RANDOM_SEEDS - i} random scenarios are left out: no time\n`);
      return;
    }
    yield [[random[i % random.length]!, `${seed}-${i}`]];
  }
}

function say({ name, seed, milliseconds, faults, notes, deaths }: Played): void {
  const seconds = (milliseconds / 1000).toFixed(1).padStart(6);
  const killed = deaths > 0 ? `, ${deaths} deaths` : "";
  process.stdout.write(`${faults.length === 0 ? "ok  " : "FAIL"} ${seconds} s  ${name}${killed}\n`);
  if (faults.length === 0) return;
  process.stdout.write(`       seed ${seed}\n`);
  for (const line of [...notes.map((note) => `did: ${note}`), ...faults])
    process.stdout.write(`       ${line}\n`);
}

function table(played: Played[]): string {
  const out = new Table({ head: ["scenarios", "passed", "failed", "deaths", "seconds"] });
  const failed = played.filter(({ faults }) => faults.length > 0).length;
  const sum = (of: (one: Played) => number) => played.reduce((total, one) => total + of(one), 0);
  out.push([
    played.length,
    played.length - failed,
    failed,
    sum(({ deaths }) => deaths),
    (sum(({ milliseconds }) => milliseconds) / 1000).toFixed(0),
  ]);
  return out.toString();
}

async function run(flags: Flags, cleanup: Cleanup): Promise<Played[]> {
  const all: Played[] = [];
  const again: string[] = [];
  process.stdout.write(`seed ${flags.seed}\n`);
  const groups = agenda(flags);
  const playOnOneMarket = async () => {
    const lane = new Lane(cleanup, flags.logs);
    const play = async ([scenario, seed]: Item): Promise<Played[]> => {
      const played = await lane.play(scenario, seed);
      played.forEach(say);
      return played;
    };
    const failedIn = (played: Played[]) => played.some(({ faults }) => faults.length > 0);
    for (const group of groups)
      for (const item of group) {
        let played = await play(item);
        // Somebody else's change must not wait for what depends on timing; it has been said all the same.
        if (flags.ci && failedIn(played)) {
          again.push(item[0].name);
          played = await play(item);
        }
        all.push(...played);
        const [scenario, seed] = item;
        // What disturbs nothing has no chances, and is played first in any case.
        for (const one of played)
          if (one.faults.length > 0 && !flags.ci && !undisturbed.includes(scenario))
            keep({ ...one, name: scenario.name, seed });
      }
    const faults = await lane.end();
    if (faults.length > 0)
      all.push({ name: "the end", seed: "", milliseconds: 0, faults, notes: [], deaths: 0 });
  };
  await Promise.all(Array.from({ length: flags.markets }, playOnOneMarket));
  for (const name of again) process.stdout.write(`played twice, as it failed at first: ${name}\n`);
  return all;
}

async function main(): Promise<void> {
  const flags = program.parse().opts<Flags>();
  if (flags.ci) flags.seed = CI_SEED;
  if (flags.list) {
    const line = ({ name, anchor }: Scenario) => `${name}${anchor ? `\n    ${anchor}` : ""}\n`;
    for (const scenario of [...FIXED.flat(), ...RANDOM]) process.stdout.write(line(scenario));
    return;
  }
  const cleanup = new Cleanup();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => void cleanup.run().then(() => process.exit(130)));
  try {
    const played = await run(flags, cleanup);
    process.stdout.write(`${table(played)}\n`);
    const ok = played.every(({ faults }) => faults.length === 0);
    if (flags.json)
      writeFileSync(
        flags.json,
        `${JSON.stringify({ ok, seed: flags.seed, scenarios: played }, null, 2)}\n`,
      );
    process.exitCode = ok && played.length > 0 ? 0 : 1;
  } finally {
    await cleanup.run();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`chaos: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
