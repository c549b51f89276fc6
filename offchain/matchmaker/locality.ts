import type { Haul, ReadyTask } from "../runtime/ready-queue";
import type { Prospect } from "./prospect";

// Which operators have which inputs already: they keep what they fetched and what they made. What they have dropped meanwhile nobody knows.

/** How fast an operator is taken to fetch what it has not got, bytes per millisecond (50 MB/s): none says how fast it is. */
export const FETCH_RATE = 50_000;
/** Smaller artifacts are there in a moment (100 ms): who has them does not matter. */
export const LARGE_BYTES = 5_000_000;
/** Operators that are noted for one artifact; of more, those that got it last. */
const MOST_HOLDERS = 16;
const MANY = -1;

/** Whether it matters to a task who gets it, and the tasks behind it do not ask for the same operators. */
export const isHeld = ({ haul }: ReadyTask): boolean => haul?.isHeld() ?? false;

/** @returns prospects of one task, with the time for fetching its inputs */
export function withFetch(prospects: readonly Prospect[], haul: Haul): Prospect[] {
  return prospects.map((prospect) => {
    const fetchMs = haul.fetchMs(prospect.operator.address);
    return fetchMs > 0 ? { ...prospect, fetchMs, taskMs: prospect.taskMs + fetchMs } : prospect;
  });
}

/** Bytes that tasks have as input, or put out. */
export interface Piece {
  /** Names the bytes within a workflow. */
  key: string;
  bytes: number;
}

/** Who has which artifacts of one workflow, as far as is known. */
export class Locality {
  private readonly holders = new Map<string, Set<string>>();
  /** By step and artifact, which task has it as an input; MANY, if several have. */
  private readonly users = new Map<string, number>();

  /** @param leastBytes smaller ones are not noted */
  constructor(
    private readonly leastBytes = LARGE_BYTES,
    private readonly mostHolders = MOST_HOLDERS,
  ) {}

  /** An operator has fetched or made these. */
  note(operator: string, pieces: readonly Piece[]): void {
    for (const { key } of this.large(pieces)) {
      let holders = this.holders.get(key);
      if (!holders) this.holders.set(key, (holders = new Set()));
      // Who has it again comes last.
      holders.delete(operator);
      holders.add(operator);
      if (holders.size > this.mostHolders) holders.delete(holders.values().next().value!);
    }
  }

  /** @returns what there is to fetch of the inputs of a task of a step; nothing when all of them are small */
  haulOf(inputs: readonly Piece[], step: number, task: number): Haul | undefined {
    const large = this.large(inputs);
    if (large.length === 0) return undefined;
    const usersOf = (key: string) => this.users.get(`${step}/${key}`);
    for (const { key } of large) {
      const known = usersOf(key) ?? task;
      this.users.set(`${step}/${key}`, known === task ? task : MANY);
    }
    return {
      fetchMs: (operator) => {
        let bytes = 0;
        for (const piece of large)
          if (!this.holders.get(piece.key)?.has(operator)) bytes += piece.bytes;
        return bytes / FETCH_RATE;
      },
      isHeld: () => large.some(({ key }) => this.holders.has(key) && usersOf(key) === task),
      holders: () => new Set(large.flatMap(({ key }) => [...(this.holders.get(key) ?? [])])),
    };
  }

  clear(): void {
    this.holders.clear();
    this.users.clear();
  }

  private large(pieces: readonly Piece[]): readonly Piece[] {
    return pieces.filter(({ bytes }) => bytes >= this.leastBytes);
  }
}
