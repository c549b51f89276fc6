import type { Hex } from "viem";
import { placeText, type EventOf } from "../chain/market-event";
import { operationsOf } from "./operations";
import { THROUGH_CONTRACT, type Scene } from "./scene";
import { coordinatorAt, isSignedBy } from "./signatures";

/** The coordinator's signature under a claim. */
function signatureOf(scene: Scene, event: EventOf<"Claimed">): Hex | undefined {
  const operations = operationsOf(scene, event);
  const index = operations?.claims.findIndex(
    ({ slot, ticket }) => slot === event.args.slot && ticket.root === event.args.ticket.root,
  );
  return index === undefined ? undefined : operations!.signatures.assignments[index];
}

/** Recovers the signature under every claim: the coordinator must have offered these tasks to this operator at this price. */
export async function checkAssignments(scene: Scene): Promise<void> {
  const check = scene.recorder.check(
    "Every claim rests on an assignment that its coordinator signed",
  );
  const claims = scene.events.filter((event) => event.name === "Claimed");
  for (const event of claims) {
    const where = placeText(event);
    const workflow = scene.ledger.workflows.get(event.args.workflow);
    const { assignment } = event.args;
    if (!assignment) continue; // an open claim needs no coordinator
    const signature = signatureOf(scene, event);
    if (!workflow || !signature) {
      check.skip(workflow ? THROUGH_CONTRACT : "its workflow is unknown");
      continue;
    }
    check.expect(
      event.time <= assignment.claimBy,
      "claimed_too_late",
      where,
      `claimed at ${event.time}, claimBy ${assignment.claimBy}`,
    );
    const coordinator = coordinatorAt(workflow, event);
    check.expect(
      await isSignedBy(
        scene,
        coordinator,
        { primaryType: "Assignment", message: { ...assignment, operator: event.args.operator } },
        signature,
      ),
      "assignment_signature",
      where,
      `the signature is not by coordinator ${coordinator}`,
    );
  }
}
