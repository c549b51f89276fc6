import { getAddress, zeroAddress, type Address } from "viem";
import { placeText, type EventPlace } from "../chain/market-event";
import { isBefore } from "./claim-of";
import { THROUGH_CONTRACT, type Scene } from "./scene";

/**
 * Who could act for an operator when something happened.
 * @param former whether those count whose receipts were still evidence then
 */
export function delegatesAt(
  { ledger, unbondingDelay }: Scene,
  operator: Address,
  event: EventPlace,
  former = false,
): Address[] {
  const past = (ledger.delegates.get(getAddress(operator)) ?? []).filter(
    ({ since: [block, logIndex] }) => isBefore({ ...event, block, logIndex }, event),
  );
  return past
    .filter(({ delegate }, i) => {
      const next = past[i + 1];
      if (delegate === zeroAddress) return false;
      return !next || (former && event.time <= next.time + unbondingDelay);
    })
    .map(({ delegate }) => delegate);
}

/** Holds the senders of operators' calls against the operators and their delegates. */
export function checkCallers(scene: Scene): void {
  const check = scene.recorder.check("Operators' calls come from them or their delegates");
  for (const event of scene.events) {
    const { name } = event;
    if (
      name !== "Advanced" &&
      name !== "OpenClaimed" &&
      name !== "Released" &&
      name !== "FinalAccepted"
    )
      continue;
    const call = scene.calls.get(event.tx);
    if (!call) {
      check.skip(THROUGH_CONTRACT);
      continue;
    }
    const operator = getAddress(event.args.operator);
    const from = getAddress(call.from);
    check.expect(
      from === operator || delegatesAt(scene, operator, event).includes(from),
      "caller_unknown",
      placeText(event),
      () => `${from} called for ${operator}, which it did not act for`,
    );
  }
}
