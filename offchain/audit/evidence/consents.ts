import { commitmentsRoot } from "../../../protocol/commitment";
import { RULE } from "../../../protocol/terms";
import { hashPair, partOf, ticketHash, unpackTicket } from "../../../protocol/ticket";
import { placeText, type EventOf } from "../chain/market-event";
import { operationsOf } from "./operations";
import { THROUGH_CONTRACT, type Scene } from "./scene";
import { coordinatorAt, isSignedBy } from "./signatures";

const ACCEPTANCES = "Every commitment under rule accepted carries its coordinator's acceptance";
const RELEASES = "Every release was signed by its coordinator, penalised, or is a concession";

async function checkAcceptance(scene: Scene, event: EventOf<"Committed">): Promise<void> {
  const { args } = event;
  const claim = unpackTicket(args.ticket);
  if (claim.rule !== RULE.accepted) return;
  const check = scene.recorder.check(ACCEPTANCES);
  const workflow = scene.ledger.workflows.get(args.workflow);
  const operations = operationsOf(scene, event);
  const index = operations?.commits.findIndex(
    ({ fromSlot, commitments }) =>
      fromSlot === args.fromSlot && commitments.join() === args.commitments.join(),
  );
  const acceptance = index === undefined ? undefined : operations!.signatures.acceptances[index];
  if (!workflow || !acceptance) {
    check.skip(workflow ? THROUGH_CONTRACT : "its workflow is unknown");
    return;
  }
  const message = {
    operator: args.operator,
    ticket: ticketHash(args.ticket),
    commitmentsRoot: commitmentsRoot([...args.commitments]),
  };
  const coordinator = coordinatorAt(workflow, event);
  check.expect(
    await isSignedBy(scene, coordinator, { primaryType: "Acceptance", message }, acceptance),
    "acceptance_signature",
    placeText(event),
    `the acceptance is not by coordinator ${coordinator}`,
  );
}

async function checkRelease(scene: Scene, event: EventOf<"Released">): Promise<void> {
  const { args } = event;
  const check = scene.recorder.check(RELEASES);
  const workflow = scene.ledger.workflows.get(args.workflow);
  const call = scene.calls.get(event.tx)?.call;
  if (call?.functionName === "concede") {
    const said = scene.eventsOf
      .get(args.workflow)!
      .some(
        ({ name, tx, logIndex }) =>
          name === "Conceded" && tx === event.tx && logIndex > event.logIndex,
      );
    check.expect(
      said,
      "concession_unsaid",
      placeText(event),
      "the tasks were conceded, and no event says so",
    );
    return;
  }
  if (!workflow || call?.functionName !== "release") {
    check.skip(workflow ? THROUGH_CONTRACT : "its workflow is unknown");
    return;
  }
  const [operator, , { money, scope, bound }, , signature] = call.args;
  if (signature === "0x") {
    check.expect(
      args.penalty > 0n,
      "release_unsigned",
      placeText(event),
      "given back without the coordinator's consent, and free of penalty",
    );
    return;
  }
  const part = partOf({ money, scope }, args.mask);
  const ticket = hashPair(part.money, hashPair(part.scope, bound));
  const message = { operator, ticket };
  const coordinator = coordinatorAt(workflow, event);
  check.expect(
    await isSignedBy(scene, coordinator, { primaryType: "Release", message }, signature),
    "release_signature",
    placeText(event),
    `the release is not by coordinator ${coordinator}`,
  );
}

/** Recovers the coordinator's signatures under acceptances and releases from calldata. */
export async function checkConsents(scene: Scene): Promise<void> {
  for (const event of scene.events) {
    if (event.name === "Committed") await checkAcceptance(scene, event);
    if (event.name === "Released") await checkRelease(scene, event);
  }
}
