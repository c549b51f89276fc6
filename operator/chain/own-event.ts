/** Who calls it: slot-view.ts. Pure: the market's events as slots.ts wants them. */
import type { parseEventLogs } from "viem";
import type { marketAbi } from "../../protocol/abi";
import { decodeFacts } from "../../protocol/operations";
import type { OwnEvent } from "./slots";

export type DecodedLog = ReturnType<
  typeof parseEventLogs<typeof marketAbi, true, undefined>
>[number];

/**
 * @param timestamp of the event's block, Unix seconds; only `Advanced` needs it
 * @returns undefined for an event that changes neither a slot nor which disputes are open
 */
export function ownEvent(log: DecodedLog, timestamp: number): OwnEvent | undefined {
  switch (log.eventName) {
    case "Advanced":
      return { name: "Advanced", operations: decodeFacts(log.args.facts), timestamp };
    case "OpenClaimed": {
      const { slot, ticket, root, judgeHash, deadline } = log.args;
      const { money, scope } = ticket;
      return { name: "OpenClaimed", slot, ticket: { money, scope, root, judgeHash }, deadline };
    }
    case "FinalAccepted":
      return { name: "FinalAccepted", slot: log.args.slot, task: log.args.task };
    case "Released":
    case "Expired":
      return { name: log.eventName, slot: log.args.slot, mask: log.args.mask };
    case "Struck": {
      const { slot, workflow, task, attempt } = log.args;
      return { name: "Struck", slot, workflow, task, attempt };
    }
    case "Appealed":
      return { name: "Appealed", slot: log.args.slot, key: log.args.key };
    case "Demanded":
    case "JuryCalled":
    case "DisputePaid":
    case "DisputeVoided":
      return { name: log.eventName, key: log.args.key };
    default:
      return undefined;
  }
}
