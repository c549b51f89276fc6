/** Who calls it: slot-view.ts. Pure: the market's events as slots.ts wants them. */
import type { LoggedEvent } from "../../protocol/market-logs";
import { decodeFacts } from "../../protocol/operations";
import type { OwnEvent } from "./slots";

/**
 * @param timestamp of the event's block, Unix seconds; only `Advanced` needs it
 * @returns undefined for an event that changes neither a slot nor which disputes are open
 */
export function ownEvent(event: LoggedEvent, timestamp: number): OwnEvent | undefined {
  switch (event.name) {
    case "Advanced":
      return { name: "Advanced", operations: decodeFacts(event.args.facts), timestamp };
    case "OpenClaimed": {
      const { slot, ticket, root, judgeHash, deadline } = event.args;
      const { money, scope } = ticket;
      return { name: "OpenClaimed", slot, ticket: { money, scope, root, judgeHash }, deadline };
    }
    case "FinalAccepted":
      return { name: "FinalAccepted", slot: event.args.slot, task: event.args.task };
    case "Released":
    case "Expired":
      return { name: event.name, slot: event.args.slot, mask: event.args.mask };
    case "Struck": {
      const { slot, workflow, task, attempt } = event.args;
      return { name: "Struck", slot, workflow, task, attempt };
    }
    case "Appealed":
      return { name: "Appealed", slot: event.args.slot, key: event.args.key };
    case "Demanded":
    case "JuryCalled":
    case "DisputePaid":
    case "DisputeVoided":
      return { name: event.name, key: event.args.key };
    default:
      return undefined;
  }
}
