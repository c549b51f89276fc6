import { readFileSync, writeFileSync } from "node:fs";
import Table from "cli-table3";
import { Command } from "commander";
import { extraPartialCommit, pipelined } from "./gas/happy-path";
import { challengeAboveVerifier, opening, takeOverOne } from "./gas/others";
import { freshWorld } from "../test/contracts/support/world";

// Gas of whole transactions on an in-process chain. `npm run bench:gas [-- --json FILE] [--check bench/gas-snapshot.json]`

/** How much worse than the snapshot a figure may be. */
const TOLERANCE = 1.02;

interface Figures {
  perTask: Record<string, number>;
  [other: string]: number | Record<string, number>;
}

/** @returns a sentence for each figure that is more than two per cent above the snapshot's */
function regressions(now: Figures, snapshot: Figures): string[] {
  const flat = ({ perTask, ...others }: Figures) =>
    Object.entries({ ...(others as Record<string, number>), ...perTask });
  const before = new Map(flat(snapshot));
  return flat(now)
    .filter(([name, gas]) => gas > (before.get(name) ?? Infinity) * TOLERANCE)
    .map(([name, gas]) => `${name}: ${gas} gas, the snapshot has ${before.get(name)}`);
}

/** Gas per task that the project aims at. */
const GOALS: Record<string, number> = { "1": 62_000, "8": 9_000, "32": 3_000, "100": 1_800 };
const GOAL_OTHERS = {
  opening8Steps: 250_000,
  challengeAboveVerifier: 120_000,
  takeOverOneOf8: 70_000,
  extraPartialCommit: 10_000,
};

/** Peers' figures per proof or task, from their public contracts. */
const PEERS: [string, string, string][] = [
  [
    "Boundless, lock + fulfil",
    "no proof verification; batch 1 / 8 / 32 / 100",
    "234k / 193k / 189k / 191k",
  ],
  ["Boundless, no exclusive claim", "batch 32", "62k"],
  ["ZKsync ProofManager", "submit + acknowledge + proof + validate", "577k to 1.57M"],
  ["nil proof market", "order + producer + close", "476k"],
  ["Succinct", "one proven state step for N proofs; one auctioneer, no claim", "303k / N"],
];

async function main(): Promise<void> {
  const { json, check } = new Command("bench:gas")
    .option("--json <file>", "write the figures as data")
    .option("--check <file>", "fail if a figure is more than 2% above this snapshot's")
    .parse()
    .opts<{ json?: string; check?: string }>();
  const perTask: Record<string, number> = {};
  for (const size of Object.keys(GOALS))
    perTask[size] = await pipelined(await freshWorld(), Number(size));
  const others = {
    opening8Steps: await opening(await freshWorld()),
    challengeAboveVerifier: await challengeAboveVerifier(await freshWorld(), 128),
    takeOverOneOf8: await takeOverOne(await freshWorld()),
    extraPartialCommit: await extraPartialCommit(await freshWorld()),
  };

  const table = new Table({ head: ["what", "gas", "goal"] });
  for (const [size, gas] of Object.entries(perTask))
    table.push([`claim + commit + settle, per task, batches of ${size}`, gas, GOALS[size]!]);
  for (const [name, gas] of Object.entries(others))
    table.push([name, gas, GOAL_OTHERS[name as keyof typeof others]]);
  console.log(table.toString());
  console.log(
    "Ours: whole transactions, one coordinator signature per batch, exclusive claims in any order, locked bonds, credit; no proof verification.",
  );
  const peers = new Table({ head: ["peer", "what is in it", "gas per proof"] });
  peers.push(...PEERS);
  console.log(peers.toString());
  const figures = { perTask, ...others };
  if (json)
    writeFileSync(
      json,
      `${JSON.stringify(figures, null, 2)}
`,
    );
  if (!check) return;
  const worse = regressions(figures, JSON.parse(readFileSync(check, "utf8")) as Figures);
  worse.forEach((sentence) => console.error(sentence));
  if (worse.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
