/** Who calls it: the chain loop. Makes transactions of what is planned, and has them under way. */
import type { Address, Hex, TransactionReceipt } from "viem";
import { commitmentsRoot } from "../../protocol/commitment";
import type { SignedAssignment } from "../../protocol/http";
import type { TakeOver } from "../../protocol/operations";
import type { ArtifactCache } from "../artifacts/cache";
import { assignmentFields, termsOf } from "../assignments/step-terms";
import type { CoordinatorClient } from "../coordinator-client/client";
import type { Holdings } from "../holdings/holdings";
import type { HeldTask, Holding } from "../holdings/phase";
import type { Log } from "../log";
import type { Plan, PlannedExit } from "../plan/plan-types";
import { stepOf, stepsOf, type TaskTraces } from "../traces";
import { createAcceptances } from "./acceptances";
import { encoderFor, tryCallOn, workingParts, type Part, type Refused } from "./advance";
import type { Claims } from "./claims";
import type { MarketChain } from "./clients";
import { exitCall } from "./exit-call";
import { finalCall } from "./final-call";
import { slotOfTask } from "./plan-state";
import type { Slot } from "./slots";
import type { SlotView } from "./slot-view";
import type { Call, TransactionSender } from "./transaction-sender";
import type { Changes, UnderWay } from "./under-way";

export interface OutgoingDeps {
  chain: MarketChain;
  /** Whose claims these are: the sender's own, or those of whom it is the delegate. */
  operator: Address;
  holdings: Holdings;
  slotView: SlotView;
  sender: TransactionSender;
  coordinator: Pick<CoordinatorClient, "acceptance">;
  cache: ArtifactCache;
  log: Log;
  traces: TaskTraces;
}

export interface Outgoing {
  /** Sends what is planned in one transaction, if there is anything. @param held by the `id` of a planned claim */
  advance(next: Plan, held: Holding[], takeOvers: Map<Holding, TakeOver[]>): Promise<void>;
  exit(planned: PlannedExit): void;
  /** Sends final proofs whose claim stands. @param busy slots that transactions under way change */
  submitFinals(held: Holding[], busy: ReadonlySet<number>): void;
}

/** Units that claiming all of an assignment locks. */
const bondsOf = ({ terms, tasks }: SignedAssignment) => BigInt(terms.bond) * BigInt(tasks.length);

export function createOutgoing(deps: OutgoingDeps, underWay: UnderWay, claims: Claims): Outgoing {
  const { chain, operator, holdings, slotView, sender, cache, log } = deps;
  const encode = encoderFor(operator, sender.address);
  const tryCall = tryCallOn(chain, sender.address);
  const acceptance = createAcceptances(deps.coordinator, log);

  async function send(call: Omit<Call, "to">): Promise<TransactionReceipt> {
    const receipt = await sender.send({ ...call, to: chain.market });
    slotView.expect(receipt);
    return receipt;
  }

  async function partsOf(
    next: Plan,
    held: Holding[],
    takeOvers: Map<Holding, TakeOver[]>,
  ): Promise<Part[]> {
    const parts: Part[] = next.settles.map(({ slot, ticket, commitments }) => ({
      kind: "settle",
      label: `settle slot ${slot}`,
      call: { slot, ticket, commitmentsRoot: commitmentsRoot(commitments) },
    }));
    const signatures = await Promise.all(next.commits.map(acceptance));
    for (const [i, commit] of next.commits.entries()) {
      const signature = signatures[i];
      if (signature === undefined) continue;
      const { slot, ticket, subMask, partSlot, commitments } = commit;
      const call = { slot, ticket, subMask, partSlot, commitments, acceptance: signature };
      parts.push({ kind: "commit", label: `commit ${commitments.length} of slot ${slot}`, call });
    }
    for (const { id, slot, claimMask } of next.claims) {
      const { signed } = held[id]!;
      parts.push({
        kind: "claim",
        id,
        label: `claim ${signed.tasks.length} of workflow ${signed.workflow}`,
        call: {
          slot,
          assignment: assignmentFields(signed),
          claimMask,
          signature: signed.signature as Hex,
          opening: { terms: termsOf(signed), path: signed.termsPath as Hex[] },
          takeOvers: takeOvers.get(held[id]!) ?? [],
        },
      });
    }
    return parts;
  }

  async function handleRefused(refused: Refused[], held: Holding[]): Promise<void> {
    for (const { part, reason } of refused)
      log.warn({ part: part.label, reason }, "the chain refuses a part");
    claims.refused(refused, held);
    // The view may be what is wrong: the chain is right.
    if (refused.some(({ part }) => part.kind !== "claim")) await slotView.rebuild();
  }

  /** What some parts change, and so must be left alone until the view shows it. */
  function changesOf(parts: Part[], held: Holding[]): Changes {
    const slots = parts.flatMap((part) =>
      part.kind === "commit" && part.call.subMask !== 0n
        ? [part.call.slot, part.call.partSlot]
        : [part.call.slot],
    );
    const claims = parts.flatMap((part) => (part.kind === "claim" ? [held[part.id]!] : []));
    const bonds = claims.reduce((sum, holding) => sum + bondsOf(holding.signed), 0n);
    return { slots, claims, bonds };
  }

  async function advance(
    next: Plan,
    held: Holding[],
    takeOvers: Map<Holding, TakeOver[]>,
  ): Promise<void> {
    const planned = await partsOf(next, held, takeOvers);
    const { parts, gas: estimated, refused } = await workingParts(planned, encode, tryCall);
    if (refused.length > 0) await handleRefused(refused, held);
    if (parts.length === 0) return;
    const purpose = `advance: ${parts.map((part) => part.label).join(", ")}`;
    const steps = stepsOf(parts, held, holdings);
    const data = encode(parts);
    underWay.begin(changesOf(parts, held), () =>
      deps.traces.during(steps, () => send({ purpose, data, estimated })),
    );
  }

  function exit(planned: PlannedExit): void {
    const purpose = `${planned.kind} of slot ${planned.slot}`;
    underWay.begin({ slots: [planned.slot], claims: [], bonds: 0n }, () =>
      send({ purpose, data: exitCall(operator, planned) }),
    );
  }

  function submitFinal(holding: Holding, task: HeldTask, slot: Slot): void {
    const purpose = `final proof of workflow ${task.workflow}`;
    const step = stepOf("submit final proof", holding, task);
    underWay.begin({ slots: [slot.slot], claims: [], bonds: 0n }, async () => {
      const call = await finalCall(cache, operator, holding, task, slot);
      return deps.traces.during([step], () => send({ purpose, ...call }));
    });
  }

  function submitFinals(held: Holding[], busy: ReadonlySet<number>): void {
    const slots = slotView.slots();
    for (const holding of held) {
      const { terms, statement } = holding.signed;
      if (!terms.isFinal || statement === undefined) continue;
      const task = holding.tasks[0]!;
      const slot = slotOfTask(slots, task);
      const told = task.phase === "reported" || task.phase === "valid";
      if (told && slot?.state === "claimed" && !busy.has(slot.slot))
        submitFinal(holding, task, slot);
    }
  }

  return { advance, exit, submitFinals };
}
