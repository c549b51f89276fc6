import { chance } from "../../offchain/simulate/faults";
import type { SimWorkflow } from "../../offchain/simulate/model";
import type { Policy } from "../../offchain/simulate/result";
import { simulate } from "../../offchain/simulate/simulate";
import { scheduleMistakes } from "../../test/support/check-schedule";
import { simOperator } from "../../test/support/sim-operator";

// What it is worth to know who has a task's inputs: chains of tasks, each of which needs what the one before it made.

const CHAINS = 20;
const LENGTH = 8;
const MACHINES = 16;
const SPEEDS = [1, 1.2, 1.5, 2];

/** Bytes that a task hands on, by case. */
export const HANDED_ON = { "2 GB": 2e9, "500 MB": 5e8, "1 MB": 1e6 };
export type HandedOn = keyof typeof HANDED_ON;

/** Tasks take 40 to 80 s at speed 1. @param known whether the market knows how large files are */
function chainsOf(bytes: number, known: boolean, seed: number): SimWorkflow {
  const file = (i: number) => ({ key: String(i), bytes });
  const tasks = Array.from({ length: CHAINS * LENGTH }, (_, i) => {
    const isFirst = i % LENGTH === 0;
    return {
      id: String(i),
      program: "link",
      seconds: 40 + 40 * chance(`${seed}/${i}`),
      resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
      parents: isFirst ? [] : [i - 1],
      runSeconds: 3_600,
      attempts: 10,
      ...(known && !isFirst ? { inputBytes: bytes } : {}),
      files: { inputs: isFirst ? [] : [file(i - 1)], outputs: [file(i)] },
    };
  });
  return { name: "chains", tasks };
}

/** @returns seconds until all chains are done, fetching included */
export function chainSeconds(
  size: HandedOn,
  known: boolean,
  seed: number,
  policy: Policy = "froben",
): number {
  const operators = Array.from({ length: MACHINES }, (_, i) =>
    simOperator({ id: `m${i}`, cores: 1, memoryMb: 1, speed: SPEEDS[i % SPEEDS.length]! }),
  );
  const workflows = [chainsOf(HANDED_ON[size], known, seed)];
  const result = simulate({ workflows, operators, policy, seed });
  const mistakes = scheduleMistakes(result, workflows, operators);
  if (mistakes.length > 0) throw new Error(`${policy}, seed ${seed}: ${mistakes[0]}`);
  return result.makespan!;
}

export interface TransferRow {
  size: HandedOn;
  /** Mean makespans, seconds. */
  known: number;
  unknown: number;
  fifo: number;
  /** Mean of the makespan with what is known over the one without, and the worst. */
  gain: number;
  worst: number;
}

/** @returns a row for each size of what is handed on */
export function measureTransfers(seeds: number): TransferRow[] {
  return (Object.keys(HANDED_ON) as HandedOn[]).map((size) => {
    const runs = Array.from({ length: seeds }, (_, i) => ({
      known: chainSeconds(size, true, i + 1),
      unknown: chainSeconds(size, false, i + 1),
      fifo: chainSeconds(size, false, i + 1, "fifo"),
    }));
    const mean = (of: (run: (typeof runs)[number]) => number) =>
      runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
    return {
      size,
      known: mean(({ known }) => known),
      unknown: mean(({ unknown }) => unknown),
      fifo: mean(({ fifo }) => fifo),
      gain: mean(({ known, unknown }) => known / unknown),
      worst: Math.max(...runs.map(({ known, unknown }) => known / unknown)),
    };
  });
}
