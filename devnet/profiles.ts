import { availableParallelism, totalmem } from "node:os";

/** The machine that all operators of the devnet share; its cores and memory are reserved once for all of them. */
export interface Machine {
  id: string;
  cores: number;
  memoryMb: number;
}

/** What one operator of the devnet offers and asks. */
export interface OperatorProfile {
  name: string;
  cores: number;
  memoryMb: number;
  concurrency: number;
  /** Asked share of a step's ceiling, basis points. */
  priceBps: number;
  /** Pipelines whose programs it has. */
  pipelines: Pipeline[];
  cheats: boolean;
}

export const PIPELINES = ["rollup", "membership"] as const;
export type Pipeline = (typeof PIPELINES)[number];

export function thisMachine(): Machine {
  return {
    id: "devnet-host",
    cores: availableParallelism(),
    // Some memory stays for the chain, the coordinator and the operators themselves.
    memoryMb: Math.max(1024, Math.floor(totalmem() / 1024 / 1024) - 2048),
  };
}

const both: Pipeline[] = ["rollup", "membership"];

// Different hands on purpose: large and small machines, specialists, dear and cheap ones. The cheat is cheap, so it gets work.
const NAMED: ((m: Machine) => OperatorProfile)[] = [
  (m) => ({
    name: "ada",
    cores: m.cores,
    memoryMb: 12_000,
    concurrency: 2,
    priceBps: 9000,
    pipelines: both,
    cheats: false,
  }),
  (m) => ({
    name: "boole",
    cores: m.cores,
    memoryMb: 12_000,
    concurrency: 2,
    priceBps: 8500,
    pipelines: ["rollup"],
    cheats: false,
  }),
  () => ({
    name: "curie",
    cores: 1,
    memoryMb: 4_000,
    concurrency: 1,
    priceBps: 8000,
    pipelines: both,
    cheats: false,
  }),
  () => ({
    name: "dirac",
    cores: 1,
    memoryMb: 4_000,
    concurrency: 1,
    priceBps: 7500,
    pipelines: ["membership"],
    cheats: false,
  }),
  () => ({
    name: "mallory",
    cores: 1,
    memoryMb: 4_000,
    concurrency: 1,
    priceBps: 5000,
    pipelines: ["membership"],
    cheats: true,
  }),
  () => ({
    name: "euler",
    cores: 1,
    memoryMb: 4_000,
    concurrency: 1,
    priceBps: 8000,
    pipelines: both,
    cheats: false,
  }),
];

/** Fewest operators with which both pipelines finish, one of them the cheat. */
export const MIN_OPERATORS = 5;

/**
 * @param count at least MIN_OPERATORS
 * @returns that many profiles; exactly one of them cheats
 */
export function operatorProfiles(count: number, machine: Machine): OperatorProfile[] {
  return Array.from({ length: count }, (_, i) => {
    const profile = NAMED[i % NAMED.length]!(machine);
    const round = Math.floor(i / NAMED.length);
    return round === 0
      ? profile
      : { ...profile, name: `${profile.name}-${round + 1}`, cheats: false };
  });
}
