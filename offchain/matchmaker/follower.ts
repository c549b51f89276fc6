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
   * @param visit is told who has changed, perhaps more than once
   * @param most changes that are worth following
   * @returns false when there were more, or it was never asked: then nobody was told, and all operators have to be looked at
   */
  changed(visit: (operator: FleetOperator) => void, most = Infinity): boolean {
    const { fleet, reservations, ofFleet, ofReservations } = this;
    this.catchUp();
    if (!fleet.changes.tells(ofFleet, most)) return false;
    if (!reservations.changes.tells(ofReservations, most)) return false;
    fleet.changes.each(ofFleet, visit);
    reservations.changes.each(ofReservations, (address) => {
      const operator = fleet.get(address);
      if (operator) visit(operator);
    });
    return true;
  }

  /** Takes all that has changed so far to be known. */
  catchUp(): void {
    this.ofFleet = this.fleet.changes.count;
    this.ofReservations = this.reservations.changes.count;
  }
}
