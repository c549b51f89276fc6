import type { Digest } from "../../protocol/digest";
import type { Register } from "../../protocol/http";

/** A task that an operator computes. */
export interface Work {
  program: Digest;
  /** When it began, Unix milliseconds. */
  since: number;
  /** Expected on a machine of speed 1 while nobody has run the program. */
  fallbackMs: number;
}

/** An operator as the matchmaker sees it. Addresses are lower-case, stakes in units, times in Unix milliseconds. */
export interface FleetOperator {
  readonly address: string;
  registration: Register;
  programs: ReadonlySet<Digest>;
  online: boolean;
  draining: boolean;
  /** Unlocked stake on-chain. */
  freeStake: bigint;
  /** Bonds of assignments that it may still claim. */
  promisedStake: bigint;
  /** Attempts that hold a booking of its machine. */
  computing: Map<string, Work>;
  /** Attempts that wait for one of its bookings. */
  queued: number;
  lastAssignedAt: number;
}

/** @returns the GPUs that an operator uses, by their place in its machine's list: those that it names, or the first ones */
export function devicesOf({ devices, offer }: Register): number[] {
  return devices ?? Array.from({ length: offer.gpus }, (_, gpu) => gpu);
}

/** All registered operators, indexed by the programs that they hold. */
export class Fleet {
  private readonly operators = new Map<string, FleetOperator>();
  private readonly holders = new Map<Digest, Set<FleetOperator>>();

  /** Adds an operator or takes over what it now says about itself. */
  register(address: string, registration: Register): FleetOperator {
    let operator = this.operators.get(address);
    if (!operator) {
      operator = {
        address,
        registration,
        programs: new Set(),
        online: false,
        draining: false,
        freeStake: 0n,
        promisedStake: 0n,
        computing: new Map(),
        queued: 0,
        lastAssignedAt: 0,
      };
      this.operators.set(address, operator);
    }
    for (const program of operator.programs) this.holders.get(program)!.delete(operator);
    operator.registration = registration;
    operator.programs = new Set(registration.programs);
    for (const program of operator.programs) {
      let holders = this.holders.get(program);
      if (!holders) this.holders.set(program, (holders = new Set()));
      holders.add(operator);
    }
    return operator;
  }

  get(address: string): FleetOperator | undefined {
    return this.operators.get(address);
  }

  all(): Iterable<FleetOperator> {
    return this.operators.values();
  }

  holding(program: Digest): Iterable<FleetOperator> {
    return this.holders.get(program) ?? [];
  }

  /** Programs that at least one operator holds. */
  programs(): Set<Digest> {
    return new Set([...this.holders].flatMap(([program, by]) => (by.size > 0 ? [program] : [])));
  }
}
