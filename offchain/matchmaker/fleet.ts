import type { Digest } from "../../protocol/digest";
import type { Register } from "../../protocol/http";
import { Changes } from "../runtime/changes";

/** A task that an operator computes. */
export interface Work {
  program: Digest;
  /** When it began, Unix milliseconds. */
  since: number;
  /** Expected on a machine of speed 1 while nobody has run the program. */
  fallbackMs: number;
  /** Of its inputs, if it is known. */
  sizeClass?: number | undefined;
  /** For fetching inputs, before the program begins. */
  fetchMs?: number | undefined;
}

/** What changes about an operator while it is in the market. Stakes in units, times in Unix milliseconds. */
export interface Standing {
  online: boolean;
  draining: boolean;
  /** Unlocked stake on-chain. */
  freeStake: bigint;
  lastAssignedAt: number;
}

/** What an operator runs, as it stood when it was last looked at. */
export interface Glance {
  asOf: number;
  /** By how much it is slower than expected. */
  lateness: number | undefined;
  /** When it should take the next task, Unix milliseconds; 0: nothing runs. */
  slotAt: number | undefined;
}

/** An operator as the matchmaker sees it. What is kept about operators follows its changes, so they go through its methods. */
export class FleetOperator implements Readonly<Standing> {
  /** Kept by who looks at what it runs (running.ts). */
  glance: Glance | undefined;
  readonly online: boolean = false;
  readonly draining: boolean = false;
  readonly freeStake: bigint = 0n;
  readonly lastAssignedAt: number = 0;
  /** Bonds of assignments that it may still claim, units. */
  private promised = 0n;
  private spare = 0n;
  private waiting = 0;
  private readonly works = new Map<string, Work>();

  /**
   * @param address lower-case
   * @param changes of its fleet
   */
  constructor(
    readonly address: string,
    readonly registration: Register,
    readonly programs: ReadonlySet<Digest>,
    private readonly changes: Changes<FleetOperator>,
  ) {}

  /** Attempts that hold a booking of its machine. */
  get computing(): ReadonlyMap<string, Work> {
    return this.works;
  }

  /** Unlocked stake that no open assignment may lock, units. */
  get spareStake(): bigint {
    return this.spare;
  }

  /** Attempts that wait for one of its bookings. */
  get queued(): number {
    return this.waiting;
  }

  set(change: Partial<Standing>): void {
    const keys = Object.keys(change) as (keyof Standing)[];
    if (keys.every((key) => this[key] === change[key])) return;
    Object.assign(this, change);
    this.spare = this.freeStake - this.promised;
    this.changes.add(this);
  }

  /** @param bonds that it may claim from now on, units; below 0: that it has claimed, or may claim no more */
  promise(bonds: bigint): void {
    this.promised += bonds;
    this.spare -= bonds;
    this.changes.add(this);
  }

  /** @param attempts that wait from now on; below 0: that do no more */
  queue(attempts: number): void {
    this.waiting += attempts;
    this.changes.add(this);
  }

  /** An attempt has got, or taken over, a booking of its machine. */
  begin(attempt: string, work: Work): void {
    this.works.set(attempt, work);
    this.changes.add(this);
  }

  /** An attempt has given its booking back, or on. */
  end(attempt: string): void {
    if (this.works.delete(attempt)) this.changes.add(this);
  }
}

/** @returns the GPUs that an operator uses, by their place in its machine's list: those that it names, or the first ones */
export function devicesOf({ devices, offer }: Register): number[] {
  return devices ?? Array.from({ length: offer.gpus }, (_, gpu) => gpu);
}

/** All registered operators, indexed by the programs that they hold. */
export class Fleet {
  /** Operators whose standing, work or registration changed. */
  readonly changes = new Changes<FleetOperator>();
  private readonly operators = new Map<string, FleetOperator>();
  private readonly holders = new Map<Digest, Set<FleetOperator>>();

  /** Adds an operator or takes over what it now says about itself. */
  register(address: string, registration: Register): FleetOperator {
    const programs = new Set(registration.programs);
    let operator = this.operators.get(address);
    if (operator) {
      for (const program of operator.programs) this.holders.get(program)!.delete(operator);
      Object.assign(operator, { registration, programs });
    } else {
      operator = new FleetOperator(address, registration, programs, this.changes);
      this.operators.set(address, operator);
    }
    for (const program of programs) {
      let holders = this.holders.get(program);
      if (!holders) this.holders.set(program, (holders = new Set()));
      holders.add(operator);
    }
    this.changes.add(operator);
    return operator;
  }

  get(address: string): FleetOperator | undefined {
    return this.operators.get(address);
  }

  all(): Iterable<FleetOperator> {
    return this.operators.values();
  }

  holding(program: Digest): ReadonlySet<FleetOperator> {
    return this.holders.get(program) ?? NOBODY;
  }

  /** Programs that at least one operator holds. */
  programs(): Set<Digest> {
    return new Set([...this.holders].flatMap(([program, by]) => (by.size > 0 ? [program] : [])));
  }
}

const NOBODY: ReadonlySet<FleetOperator> = new Set();
