import { Lists } from "../runtime/lists";
import { REASONS, type Others, type Rejection } from "./decision";
import type { Places } from "./places";

/** Operators, by their places, that can't take tasks of one kind now, by reason, those first that were looked at longest ago. */
export class Rejected {
  private readonly lists = new Lists(REASONS.length);
  private readonly byReason: ReadonlyMap<Rejection, Reason>;

  constructor(places: Places) {
    this.byReason = new Map(REASONS.map((why, i) => [why, new Reason(places, this.lists, i)]));
  }

  /** @param place of one that was not rejected, or was taken out since */
  add(place: number, why: Rejection): void {
    this.lists.add(this.byReason.get(why)!.list, place);
  }

  remove(place: number): void {
    this.lists.remove(place);
  }

  /** @returns those that are rejected for a reason, as they are whenever they are asked for; nothing if there are none */
  get(why: Rejection): Others | undefined {
    const reason = this.byReason.get(why)!;
    return reason.size > 0 ? reason : undefined;
  }
}

class Reason implements Others {
  constructor(
    private readonly places: Places,
    private readonly lists: Lists,
    readonly list: number,
  ) {}

  get size(): number {
    return this.lists.size(this.list);
  }

  each(visit: (address: string) => boolean): void {
    const { places } = this;
    this.lists.each(this.list, (place) => visit(places.operatorOf(place).address));
  }
}
