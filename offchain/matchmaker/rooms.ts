import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { hasRoom } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { Follower } from "./follower";
import { needOf } from "./kind";

/** Needs that are kept; the one that was asked longest ago is forgotten. */
const MOST_NEEDS = 64;

interface Kept {
  /** Operators that have room for it. */
  operators: Set<FleetOperator>;
  follower: Follower;
}

/** Whether anybody has room for what needs so much, whatever the program. */
export class Rooms {
  /** By need; the one that was asked last comes last. */
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
  ) {}

  hasRoom(terms: LaneTerms): boolean {
    const { fleet, reservations } = this;
    const need = needOf(terms);
    const follower = () => new Follower(fleet, reservations);
    const kept = this.kept.get(need) ?? { operators: new Set(), follower: follower() };
    this.kept.delete(need);
    this.kept.set(need, kept);
    for (const operator of kept.follower.changed() ?? fleet.all()) {
      if (operator.online && hasRoom(operator, terms, reservations)) kept.operators.add(operator);
      else kept.operators.delete(operator);
    }
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_NEEDS) this.kept.delete(oldest!);
    return kept.operators.size > 0;
  }
}
