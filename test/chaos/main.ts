import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { Cleanup } from "../../devnet/cleanup";
import { Campaign } from "./campaign";
import { keep, keptFailures } from "./kept";
import type { Played } from "./play";
import type { Scenario } from "./scenario";
import { FIXED, RANDOM } from "./scenarios";

// `npm run chaos`: faults of every kind on a market of real processes, one scenario after another.

const RANDOM_SEEDS = 10;

interface Flags {
  minutes?: number;
  seed: string;
  only?: string;
  json?: string;
  logs?: string;
  list?: boolean;
}

function minutes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a number above zero.");
  return value;
}

const program = new Command("npm run chaos --")
  .description(
    "Plays faults on a market of real processes: kills, broken networks, lying nodes, reorganisations, lost databases, bad operators. After each the workflow must have finished with the outputs of an undisturbed run, and the audit must find every wei.",
  )
  .option(
    "--minutes <n>",
    `random scenarios until so much time has passed in all (default: ${RANDOM_SEEDS} of them)`,
    minutes,
  )
  .option(
    "--seed <text>",
    "where random scenarios come from (default: chance)",
    randomBytes(4).toString("hex"),
  )
  .option("--only <name>", "scenarios whose name contains this")
  .option("--list", "only say which scenarios there are")
  .option("--json <file>", "write the report as data")
  .option("--logs <folder>", "keep the logs and data of what failed there")
  .addHelpText(
    "after",
    "\nWhat failed is kept in test/chaos/failing-seeds.json and played first the next time.\n\nExit codes: 0 nothing is wrong, 1 a scenario failed, 2 wrong usage, 130 interrupted.",
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

/** What is to be played, in order: what failed before, the fixed set, then chance. */
function* agenda({ minutes, seed, only }: Flags): Generator<[Scenario, string]> {
  const named = ({ name }: Scenario) => only === undefined || name.includes(only);
  const all = [...FIXED, ...RANDOM].filter(named);
  for (const kept of keptFailures()) {
    const scenario = all.find(({ name }) => name === kept.name);
    if (scenario) yield [scenario, kept.seed];
  }
  for (const scenario of FIXED.filter(named)) yield [scenario, `${seed}-${scenario.name}`];
  const random = RANDOM.filter(named);
  if (random.length === 0) return;
  const end = Date.now() + (minutes ?? 0) * 60_000 - process.uptime() * 1000;
  for (let i = 0; minutes === undefined ? i < RANDOM_SEEDS : Date.now() < end; i++)
    yield [random[i % random.length]!, `${seed}-${i}`];
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

async function run(flags: Flags, campaign: Campaign): Promise<Played[]> {
  const played: Played[] = [];
  process.stdout.write(`seed ${flags.seed}\n`);
  for (const [scenario, seed] of agenda(flags)) {
    const one = await campaign.play(scenario, seed);
    played.push(one);
    say(one);
    if (one.faults.length > 0) keep(one);
  }
  const left = await campaign.end();
  if (left.length > 0)
    played.push({ name: "the end", seed: "", milliseconds: 0, faults: left, notes: [], deaths: 0 });
  return played;
}

async function main(): Promise<void> {
  const flags = program.parse().opts<Flags>();
  if (flags.list) {
    const line = ({ name, anchor }: Scenario) => `${name}${anchor ? `\n    ${anchor}` : ""}\n`;
    for (const scenario of [...FIXED, ...RANDOM]) process.stdout.write(line(scenario));
    return;
  }
  const cleanup = new Cleanup();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => void cleanup.run().then(() => process.exit(130)));
  try {
    const played = await run(flags, new Campaign(cleanup, flags.logs));
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
