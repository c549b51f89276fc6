import type { Reservations } from "../runtime/reservation";
import type { Fleet, FleetOperator } from "./fleet";

/** Tells which operators have changed since it was last asked: themselves, or the room that they have. */
export class Follower {
  private ofFleet = -1;
  private ofReservations = -1;

  constructor(
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
  ) {}

  /**
   * @param most changes that are worth following
   * @returns nothing when there were more, or it was never asked: then all operators have to be looked at
   */
  changed(most = Infinity): Set<FleetOperator> | undefined {
    const { fleet, reservations } = this;
    const changed = fleet.changes.since(this.ofFleet, most);
    const others = reservations.changes.since(this.ofReservations, most);
    this.ofFleet = fleet.changes.count;
    this.ofReservations = reservations.changes.count;
    if (!changed || !others) return undefined;
    for (const address of others) {
      const operator = fleet.get(address);
      if (operator) changed.add(operator);
    }
    return changed;
  }
}
