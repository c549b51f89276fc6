import { isAddressEqual } from "viem";
import { FrobenError } from "../../../protocol/errors";
import { decodeOperations } from "../../../protocol/operations";
import { placeText, type EventPlace } from "../chain/market-event";
import { THROUGH_CONTRACT, type Scene } from "./scene";

/** The operations of the transaction behind an event, with the signatures that it showed. */
export function operationsOf(
  scene: Scene,
  event: EventPlace,
): ReturnType<typeof decodeOperations> | undefined {
  const call = scene.calls.get(event.tx)?.call;
  if (call?.functionName !== "advance" && call?.functionName !== "advanceFor") return undefined;
  try {
    return decodeOperations(call.functionName === "advance" ? call.args[0] : call.args[1]);
  } catch (error) {
    if (error instanceof FrobenError) return undefined;
    throw error;
  }
}

/** Holds the facts that were logged against those that the transaction carried. */
export function checkFacts(scene: Scene): void {
  const check = scene.recorder.check("Every operation logged is the one that was sent");
  for (const event of scene.events) {
    if (event.name !== "Advanced") continue;
    const sent = scene.calls.get(event.tx);
    if (!sent) {
      check.skip(THROUGH_CONTRACT);
      continue;
    }
    const { call, from } = sent;
    const operator = call.functionName === "advanceFor" ? call.args[0] : from;
    check.expect(
      operationsOf(scene, event)?.facts === event.args.facts &&
        isAddressEqual(operator, event.args.operator),
      "facts_differ",
      placeText(event),
      "the transaction carried other operations, or those of another operator",
    );
  }
}
