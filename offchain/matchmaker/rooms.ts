import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { hasRoom } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { Follower } from "./follower";
import { needOf } from "./kind";

/** Needs that are kept; of more, the one that is kept longest is forgotten. */
const MOST_NEEDS = 64;

interface Kept {
  /** Operators that have room for it. */
  operators: Set<FleetOperator>;
  follower: Follower;
}

/** Whether anybody has room for what needs so much, whatever the program. */
export class Rooms {
  /** By need; the newest comes last. */
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
  ) {}

  hasRoom(terms: LaneTerms): boolean {
    const { fleet, reservations } = this;
    const need = needOf(terms);
    const { operators, follower } = this.kept.get(need) ?? this.add(need);
    const look = (operator: FleetOperator) => {
      if (operator.online && hasRoom(operator, terms, reservations)) operators.add(operator);
      else operators.delete(operator);
    };
    if (!follower.changed(look)) for (const operator of fleet.all()) look(operator);
    return operators.size > 0;
  }

  private add(need: string): Kept {
    const follower = new Follower(this.fleet, this.reservations);
    const kept = { operators: new Set<FleetOperator>(), follower };
    if (this.kept.size === MOST_NEEDS) this.kept.delete(this.kept.keys().next().value!);
    this.kept.set(need, kept);
    return kept;
  }
}
