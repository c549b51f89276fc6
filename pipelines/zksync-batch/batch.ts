import { generator } from "./generator";
import { BATCH, CIRCUITS, KINDS, SECONDS, type KindName } from "./parameters";

/** A workflow in WfFormat 1.5, with what the format has no word for in `froben`. */
export interface WfBatch {
  name: string;
  schemaVersion: "1.5";
  workflow: {
    specification: {
      tasks: {
        id: string;
        name: string;
        parents: string[];
        children: string[];
        inputFiles: [];
        outputFiles: [];
      }[];
    };
    execution: {
      tasks: {
        id: string;
        runtimeInSeconds: number;
        memoryInBytes: number;
        coreCount: number;
        froben: { gpus: number; vramMb: number; runSeconds: number; attempts: number };
      }[];
    };
  };
}

interface Planned {
  id: string;
  name: string;
  kind: KindName;
  seconds: number;
  parents: string[];
}

/** How many circuits of each type: by their shares, at least one of each. */
function circuitCounts(total: number): number[] {
  const counts = CIRCUITS.map(({ share }) => Math.max(1, Math.floor(share * total)));
  counts[0]! += total - counts.reduce((a, b) => a + b, 0);
  return counts;
}

const groupsOf = <T>(items: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );

/**
 * Makes a batch: witnesses and proofs of all circuits, leaf and node aggregation for each circuit type, recursion tip, scheduler,
 * compressor.
 * @param seed whole number; the same seed makes the same batch
 */
export function zksyncBatch(seed: number): WfBatch {
  const random = generator(seed);
  const tasks: Planned[] = [];
  const noise = () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.exp(BATCH.sigma * normal);
  };
  const add = (kind: KindName, parents: string[], mean: number, type = "") => {
    const name = type ? `${kind}_${type}` : kind;
    const id = `${name}_${tasks.length}`;
    const { from, to } = BATCH.circuitSeconds;
    let seconds = mean * noise();
    if (kind === "circuitProof") seconds = Math.min(to, Math.max(from, seconds));
    tasks.push({ id, name, kind, seconds: Math.round(seconds * 1000) / 1000, parents });
    return id;
  };
  const { from, to } = BATCH.circuitProofs;
  const counts = circuitCounts(from + Math.floor(random() * (to - from + 1)));
  const tops = CIRCUITS.map(({ name, seconds }, type) => {
    const proofs: string[] = [];
    for (let done = 0; done < counts[type]!; done += BATCH.basicWitnessPart) {
      const part = add("basicWitness", [], SECONDS.basicWitness);
      const size = Math.min(BATCH.basicWitnessPart, counts[type]! - done);
      for (let i = 0; i < size; i++) proofs.push(add("circuitProof", [part], seconds, name));
    }
    const prove = (witness: KindName, proof: KindName, of: string[]) =>
      add(
        proof,
        [add(witness, of, SECONDS[witness as keyof typeof SECONDS])],
        SECONDS[proof as keyof typeof SECONDS],
      );
    const leaves = groupsOf(proofs, BATCH.leafArity).map((group) =>
      prove("leafWitness", "leafProof", group),
    );
    let level = leaves;
    do
      level = groupsOf(level, BATCH.nodeArity).map((group) =>
        prove("nodeWitness", "nodeProof", group),
      );
    while (level.length > 1);
    return level[0]!;
  });
  const tip = add("tipProof", [add("tipWitness", tops, SECONDS.tipWitness)], SECONDS.tipProof);
  const scheduler = add(
    "schedulerProof",
    [add("schedulerWitness", [tip], SECONDS.schedulerWitness)],
    SECONDS.schedulerProof,
  );
  add("compressor", [scheduler], SECONDS.compressor);
  const children = new Map<string, string[]>(tasks.map(({ id }) => [id, []]));
  for (const { id, parents } of tasks) for (const parent of parents) children.get(parent)!.push(id);
  return {
    name: `zksync-batch-${seed}`,
    schemaVersion: "1.5",
    workflow: {
      specification: {
        tasks: tasks.map(({ id, name, parents }) => ({
          id,
          name,
          parents,
          children: children.get(id)!,
          inputFiles: [],
          outputFiles: [],
        })),
      },
      execution: {
        tasks: tasks.map(({ id, kind, seconds }) => {
          const { cores, memoryMb, gpus, vramMb, runSeconds, attempts } = KINDS[kind];
          return {
            id,
            runtimeInSeconds: seconds,
            memoryInBytes: memoryMb * 1024 * 1024,
            coreCount: cores,
            froben: { gpus, vramMb, runSeconds, attempts },
          };
        }),
      },
    },
  };
}
