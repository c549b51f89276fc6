import { unpackTicket } from "../../../protocol/ticket";
import { placeText, type EventOf } from "../chain/market-event";
import type { CallOf } from "./calls";
import { THROUGH_CONTRACT, type Scene } from "./scene";
import { coordinatorAt, isSignedBy } from "./signatures";

export type ClaimCall = CallOf<"advance">["args"][2][number];

/** The calldata of a claim: the assignment that the coordinator signed. */
export function claimCallOf(scene: Scene, event: EventOf<"Claimed">): ClaimCall | undefined {
  const call = scene.calls.get(event.tx)?.call;
  if (call?.functionName !== "advance") return undefined;
  return call.args[2].find(
    ({ slot, assignment }) =>
      slot === event.args.slot && assignment.root === event.args.ticket.root,
  );
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
    const claimCall = claimCallOf(scene, event);
    if (!workflow || !claimCall) {
      check.skip(workflow ? THROUGH_CONTRACT : "its workflow is unknown");
      continue;
    }
    const { assignment } = claimCall;
    const claim = unpackTicket(event.args.ticket);
    check.expect(
      assignment.workflow === claim.workflow &&
        assignment.step === claim.step &&
        assignment.attempt === claim.attempt &&
        assignment.word === claim.word &&
        assignment.price === claim.price &&
        (claim.mask & ~assignment.mask) === 0n,
      "claim_differs_from_assignment",
      where,
      "the ticket's tasks, attempt or price are not those of the assignment",
    );
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
        claimCall.signature,
      ),
      "assignment_signature",
      where,
      `the signature is not by coordinator ${coordinator}`,
    );
  }
}
