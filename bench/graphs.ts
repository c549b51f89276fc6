import type { SimTask, SimWorkflow } from "../offchain/simulate/model";
import { generator } from "../pipelines/zksync-batch";

// Graphs of many shapes for identical machines, from a seed: those of the Standard Task Graph set (layered, random predecessors,
// fork-join, series-parallel) and those of scientific workflows as WfCommons has them (chains side by side, a mosaic, scatter and gather).

/** Makes the parents of each task, by position; always earlier ones. */
type Shape = (size: number, draw: Draw) => number[][];
/** Draws from a seed. */
interface Draw {
  /** Whole number, both ends included. */
  whole(from: number, to: number): number;
  chance(p: number): boolean;
  /** Mean 1, skewed. */
  skewed(): number;
}

function drawsOf(seed: number): Draw {
  const random = generator(seed);
  return {
    whole: (from, to) => from + Math.floor(random() * (to - from + 1)),
    chance: (p) => random() < p,
    skewed: () => -Math.log(1 - random()),
  };
}

const distinct = (parents: number[]) => [...new Set(parents)];

/** Layers of random width; each task has one to three parents in the layer before. */
const layered: Shape = (size, draw) => {
  const parents: number[][] = [];
  let before: number[] = [];
  while (parents.length < size) {
    const width = Math.min(size - parents.length, draw.whole(1, Math.ceil(Math.sqrt(size) * 1.5)));
    const layer: number[] = [];
    for (let i = 0; i < width; i++) {
      const count = before.length === 0 ? 0 : draw.whole(1, 3);
      const drawn = Array.from({ length: count }, () => before[draw.whole(0, before.length - 1)]!);
      layer.push(parents.push(distinct(drawn)) - 1);
    }
    before = layer;
  }
  return parents;
};

/** Every earlier task is a parent with one chance, about three parents each. */
const sameProbability: Shape = (size, draw) =>
  Array.from({ length: size }, (_, i) =>
    [...Array(i).keys()].filter(() => draw.chance(Math.min(0.5, 3 / Math.max(1, i)))),
  );

/** As many parents for each, among the last few tasks. */
const samePredecessors: Shape = (size, draw) =>
  Array.from({ length: size }, (_, i) =>
    i < 8 ? [] : distinct([1, 2].map(() => draw.whole(Math.max(0, i - 30), i - 1))),
  );

/** Forks of random width that join, one after another. */
const forkJoin: Shape = (size, draw) => {
  const parents: number[][] = [[]];
  while (parents.length < size - 2) {
    const fork = parents.length - 1;
    const width = Math.min(size - parents.length - 1, draw.whole(2, 40));
    const ends = Array.from({ length: width }, () => parents.push([fork]) - 1);
    parents.push(ends);
  }
  return parents;
};

/** Put together at random out of parts in series and side by side. */
const seriesParallel: Shape = (size, draw) => {
  const parents: number[][] = [];
  const part = (count: number, before: number[]): number[] => {
    if (count <= 1) return [parents.push(before) - 1];
    const first = draw.whole(1, count - 1);
    if (draw.chance(0.4)) return part(count - first, part(first, before));
    const start = parents.push(before) - 1;
    return [...part(first, [start]), ...part(count - first, [start])];
  };
  part(size, []);
  return parents;
};

/** Chains side by side between a split and a merge, as in Epigenomics. */
const chains: Shape = (size, draw) => {
  const parents: number[][] = [];
  const merges: number[] = [];
  const length = draw.whole(3, 6);
  while (parents.length < size) {
    const split = parents.push([]) - 1;
    const ends = Array.from({ length: draw.whole(4, 30) }, () => {
      let last = split;
      for (let i = 0; i < length; i++) last = parents.push([last]) - 1;
      return last;
    });
    merges.push(parents.push(ends) - 1);
  }
  parents.push(merges);
  return parents;
};

/** Projections, differences of neighbours, a fit, corrections and the sum, as in Montage. */
const mosaic: Shape = (size) => {
  const count = Math.ceil(size / 4);
  const parents: number[][] = Array.from({ length: count }, () => []);
  const add = (of: number[]) => parents.push(of) - 1;
  const differences = [...Array(2 * count - 3).keys()].map((i) =>
    add(i < count - 1 ? [i, i + 1] : [i - count + 1, i - count + 3].filter((p) => p < count)),
  );
  const model = add([add(differences)]);
  const corrected = Array.from({ length: count }, (_, i) => add([i, model]));
  add([add([add(corrected)])]);
  return parents;
};

/** One split, many independent tasks, two that gather, as in BLAST. */
const scatter: Shape = (size) => {
  const middle = [...Array(size - 3).keys()].map((i) => i + 1);
  return [[], ...middle.map(() => [0]), middle, middle];
};

export const SHAPES = {
  layered,
  sameProbability,
  samePredecessors,
  forkJoin,
  seriesParallel,
  chains,
  mosaic,
  scatter,
};
export type ShapeName = keyof typeof SHAPES;

/**
 * @param size about so many tasks, 50 or more
 * @param seed whole number; the same seed makes the same graph
 * @returns a graph for machines with one core
 */
export function graphOf(shape: ShapeName, size: number, seed: number): SimWorkflow {
  const draw = drawsOf(seed * 7_919 + Object.keys(SHAPES).indexOf(shape));
  const evenly = draw.chance(0.5);
  const tasks = SHAPES[shape](size, draw).map((parents, i): SimTask => ({
    id: String(i),
    program: "p",
    seconds: evenly ? draw.whole(1, 100) : Math.max(1, Math.round(draw.skewed() * 50)),
    resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
    parents,
    runSeconds: 10_000,
    attempts: 1,
  }));
  return { name: `${shape}-${size}-${seed}`, tasks };
}
