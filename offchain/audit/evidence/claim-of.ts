import { getAddress, type Address } from "viem";
import { placeOf } from "../../../protocol/task-place";
import { unpackTicket, type Claim } from "../../../protocol/ticket";
import type { EventPlace } from "../chain/market-event";
import type { Scene } from "./scene";

/** Whether an event stands in the chain before another. */
export const isBefore = (one: EventPlace, other: EventPlace): boolean =>
  one.block < other.block || (one.block === other.block && one.logIndex < other.logIndex);

/** @returns what an attempt was claimed with */
export function claimOf(
  scene: Scene,
  { workflow, task, attempt, operator }: Attempt & { operator: Address },
): Claim | undefined {
  const { word, bit } = placeOf(task);
  for (const event of scene.eventsOf.get(workflow) ?? []) {
    if (event.name !== "Claimed") continue;
    const claim = unpackTicket(event.args.ticket);
    const holds =
      claim.attempt === attempt &&
      claim.word === word &&
      (claim.mask >> BigInt(bit)) % 2n === 1n &&
      getAddress(event.args.operator) === getAddress(operator);
    if (holds) return claim;
  }
  return undefined;
}

export interface Attempt {
  workflow: number;
  task: number;
  attempt: number;
}
