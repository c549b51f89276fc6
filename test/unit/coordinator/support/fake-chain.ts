import type { Address, Hex } from "viem";
import { WORKFLOW_STATUS } from "../../../../protocol/abi";
import type { SignedAssignment } from "../../../../protocol/http";
import type { ProgramEvidence } from "../../../../protocol/reputation";
import type { Spec } from "../../../../protocol/spec";
import { judgeHash, stepTermsOf } from "../../../../protocol/terms";
import { maskOf, packTicket, withMask } from "../../../../protocol/ticket";
import { toBytes32 } from "../../../../protocol/digest";
import { specDigest } from "../../../../protocol/validate-spec";
import { disputeKey } from "../../../../protocol/dispute-key";
import type {
  ChainAccount,
  ChainBatch,
  ChainChange,
  ChainDispute,
  ChainReader,
  ChainTask,
  ChainWorkflow,
} from "../../../../offchain/coordinator/facade";

const REQUESTER: Address = `0x${"11".repeat(20)}`;

/** Chain tables in memory, changed by what operators and requesters would send. */
export class FakeChain implements ChainReader {
  listener: (change: ChainChange) => void = () => {};
  block = 1;
  madeAt = 0;
  minStake = 1n;
  private readonly workflows = new Map<number, ChainWorkflow>();
  private readonly claims = new Map<string, ChainTask>();
  private readonly batches = new Map<string, ChainBatch>();
  private readonly accounts = new Map<string, ChainAccount>();
  private readonly disputes = new Map<string, ChainDispute>();
  /** How tasks of operators ended, by lower-case address. */
  readonly ended = new Map<string, ProgramEvidence[]>();
  private nextSlot = 0;

  /** @param now Unix seconds of the newest block */
  constructor(private readonly now: () => number) {}

  head() {
    return { block: this.block, timestamp: this.now() };
  }
  workflow(id: number) {
    return this.workflows.get(id);
  }
  workflowsOf(coordinator: Address) {
    return [...this.workflows.values()]
      .filter((w) => w.coordinator.toLowerCase() === coordinator.toLowerCase())
      .map((w) => w.workflow);
  }
  tasks(workflow: number) {
    return [...this.claims].flatMap(([key, claim]) =>
      key.startsWith(`${workflow}/`) ? [claim] : [],
    );
  }
  task(workflow: number, task: number) {
    return this.claims.get(`${workflow}/${task}`);
  }
  batch(operator: Address, slot: number) {
    return this.batches.get(`${operator.toLowerCase()}/${slot}`);
  }
  account(address: Address) {
    return this.accounts.get(address.toLowerCase()) ?? { free: 0n, locked: 0n, owed: 0n };
  }
  evidence(operator: Address) {
    return this.ended.get(operator.toLowerCase()) ?? [];
  }
  liveBatches(workflow: number) {
    return [...this.batches.values()].filter(
      (b) => b.workflow === workflow && (b.state === "claimed" || b.state === "committed"),
    );
  }

  openDisputes(workflow: number) {
    return [...this.disputes].flatMap(([key, dispute]) =>
      key.startsWith(`${workflow}/`) ? [dispute] : [],
    );
  }

  stake(operator: Address, free: bigint): void {
    this.accounts.set(operator.toLowerCase(), { free, locked: 0n, owed: 0n });
    this.tell([], [], [operator]);
  }

  open(id: number, spec: Spec, coordinator: Address, requester = REQUESTER): void {
    this.workflows.set(id, {
      workflow: id,
      requester,
      coordinator,
      specHash: toBytes32(specDigest(spec)),
      feeBps: 0,
      deadline: this.now() + 36_000,
      escrow: 1_000_000n,
      refunded: 0n,
      feePaid: 0n,
      spent: 0n,
      status: WORKFLOW_STATUS.open,
      steps: stepTermsOf(spec),
      openedAt: this.now(),
      endedAt: null,
      silentAt: null,
      completionTx: null,
      resultDigest: null,
    });
    this.tell([id]);
  }

  claim(body: SignedAssignment): number {
    const slot = this.nextSlot++;
    const operator = body.operator as Address;
    const deadline = this.now() + body.terms.claimTime;
    const root = body.root as Hex;
    const { judge } = this.workflow(body.workflow)!.steps[body.step]!;
    const ticket = packTicket({
      workflow: body.workflow,
      step: body.step,
      attempt: body.attempt,
      word: body.word,
      price: BigInt(body.price),
      bond: BigInt(body.terms.bond),
      rule: body.terms.rule,
      window: body.terms.isFinal ? 0 : body.terms.window,
      open: false,
      mask: BigInt(body.mask),
      root,
      judgeHash: judgeHash(judge),
    });
    this.batches.set(`${operator}/${slot}`, {
      operator,
      slot,
      workflow: body.workflow,
      state: "claimed",
      ticket,
      deadline,
      commitments: [],
    });
    for (const { task, attempt } of body.tasks)
      this.claims.set(`${body.workflow}/${task}`, {
        task,
        operator,
        slot,
        attempt,
        pay: "claimed",
        root,
        deadline,
        commitment: null,
      });
    this.tell(
      [body.workflow],
      body.tasks.map(({ task }) => task),
    );
    return slot;
  }

  /** Moves a task's pay on, and its batch with it. */
  pay(workflow: number, task: number, pay: ChainTask["pay"], commitments: Hex[] = []): void {
    const key = `${workflow}/${task}`;
    const claim = this.claims.get(key)!;
    this.claims.set(key, { ...claim, pay, commitment: commitments[0] ?? claim.commitment });
    this.disputes.delete(key);
    const batch = this.batch(claim.operator, claim.slot)!;
    const state = pay === "committed" ? "committed" : pay === "claimed" ? "claimed" : "credited";
    this.batches.set(`${claim.operator}/${claim.slot}`, {
      ...batch,
      state,
      // Each test task is committed as a part of its own.
      ticket: state === "committed" ? withMask(batch.ticket, maskOf([task])) : batch.ticket,
      commitments: commitments.length > 0 ? commitments : batch.commitments,
    });
    this.tell([workflow], [task]);
  }

  /** Moves a committed task into a dispute, or changes where its dispute stands; `pay` ends it. */
  dispute(
    workflow: number,
    task: number,
    now: Pick<ChainDispute, "phase" | "closesAt"> & Partial<ChainDispute>,
  ): void {
    const { attempt } = this.claims.get(`${workflow}/${task}`)!;
    this.pay(workflow, task, "disputed");
    const key = disputeKey({ workflow, task, attempt });
    this.disputes.set(`${workflow}/${task}`, { key, task, attempt, drawBlock: null, ...now });
    this.tell([workflow], [task]);
  }

  /** Somebody declares the coordinator silent. */
  declareSilent(id: number): void {
    this.workflows.set(id, { ...this.workflows.get(id)!, silentAt: this.now() });
    this.tell([id]);
  }

  /** Somebody claims a task of an assignment's step without the coordinator, under a root of its own. */
  claimOpen(body: SignedAssignment, operator: Address, attempt: number): void {
    const root: Hex = `0x${"0e".repeat(32)}`;
    const tasks = body.tasks.map((line) => ({ ...line, attempt }));
    this.claim({ ...body, operator, attempt, root, tasks });
  }

  /** A reorganisation takes a claim back. */
  unclaim(workflow: number, task: number): void {
    const claim = this.claims.get(`${workflow}/${task}`)!;
    this.claims.delete(`${workflow}/${task}`);
    this.batches.delete(`${claim.operator}/${claim.slot}`);
    this.tell([workflow], [task]);
  }

  /** @param proof the final step's, that completed it */
  end(id: number, status: number, proof: { completionTx?: Hex; resultDigest?: Hex } = {}): void {
    this.workflows.set(id, { ...this.workflows.get(id)!, status, endedAt: this.now(), ...proof });
    this.tell([id]);
  }

  /** A block without anything in it. */
  tick(): void {
    this.tell([]);
  }

  private tell(workflows: number[], tasks: number[] = [], accounts: Address[] = []): void {
    this.block++;
    this.listener({
      workflows,
      tasks: tasks.map((task) => ({ workflow: workflows[0]!, task })),
      accounts,
      block: this.block,
      timestamp: this.now(),
    });
  }
}
