import { commitmentsRoot } from "../../../protocol/commitment";
import { RULE } from "../../../protocol/terms";
import { unpackTicket } from "../../../protocol/ticket";
import { placeText, type EventOf } from "../chain/market-event";
import { THROUGH_CONTRACT, type Scene } from "./scene";
import { coordinatorAt, isSignedBy } from "./signatures";

const ACCEPTANCES = "Every commitment under rule accepted carries its coordinator's acceptance";
const RELEASES = "Every release was signed by its coordinator, or is a concession";

async function checkAcceptance(scene: Scene, event: EventOf<"Committed">): Promise<void> {
  const { args } = event;
  const claim = unpackTicket(args.ticket);
  if (claim.rule !== RULE.accepted) return;
  const check = scene.recorder.check(ACCEPTANCES);
  const workflow = scene.ledger.workflows.get(args.workflow);
  const call = scene.calls.get(event.tx)?.call;
  const commit =
    call?.functionName === "advance" &&
    call.args[1].find(
      ({ slot, commitments }) =>
        slot === args.fromSlot && commitments.join() === args.commitments.join(),
    );
  if (!workflow || !commit) {
    check.skip(workflow ? THROUGH_CONTRACT : "its workflow is unknown");
    return;
  }
  const { step, attempt, word, mask, root } = claim;
  const message = {
    workflow: args.workflow,
    step,
    operator: args.operator,
    attempt,
    word,
    mask,
    root,
    commitmentsRoot: commitmentsRoot([...args.commitments]),
  };
  const coordinator = coordinatorAt(workflow, event);
  check.expect(
    await isSignedBy(scene, coordinator, { primaryType: "Acceptance", message }, commit.acceptance),
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
  const [, ticket, , signature] = call.args;
  const { step, attempt, root } = unpackTicket(ticket);
  const { operator, word, mask } = args;
  const message = { workflow: args.workflow, step, operator, attempt, word, mask, root };
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
