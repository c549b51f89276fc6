import { readFileSync, writeFileSync } from "node:fs";
import type { Address, Hex } from "viem";
import { WORKFLOW_STATUS } from "../../protocol/abi";
import { toBytes32 } from "../../protocol/digest";
import type { SignedAssignment } from "../../protocol/http";
import type { Spec } from "../../protocol/spec";
import { judgeHash, stepTermsOf } from "../../protocol/terms";
import { packTicket, tasksOf } from "../../protocol/ticket";
import { specDigest } from "../../protocol/validate-spec";
import type {
  ChainBatch,
  ChainChange,
  ChainReader,
  ChainTask,
  ChainWorkflow,
} from "../../offchain/coordinator/facade";

/** What a market has said about one workflow, as the coordinator would have read it; but for its tasks, which hold no bigints. */
interface Written {
  workflow: ChainWorkflow | undefined;
  batches: ChainBatch[];
}

const withBigints = (_key: string, value: unknown): unknown =>
  typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
const withoutBigints = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? `${value}n` : value;

/** Stands in for the chain tables of one workflow: what operators would send is on-chain at once, without a node, events or blocks. */
export class InstantChain implements ChainReader {
  listener: (change: ChainChange) => void = () => {};
  /** Older than every workflow: no database is lost here. */
  readonly madeAt = 0;
  readonly minStake = 1n;
  private block = 1;
  private opened: ChainWorkflow | undefined;
  private readonly claims = new Map<number, ChainTask>();
  private readonly slots = new Map<string, ChainBatch>();
  private nextSlot = 0;

  /** @param file where it is kept over a restart */
  constructor(private readonly file: string) {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      return; // the first life
    }
    const { tasks, rest } = JSON.parse(text) as { tasks: ChainTask[]; rest: string };
    const { workflow, batches } = JSON.parse(rest, withBigints) as Written;
    this.opened = workflow;
    for (const task of tasks) this.claims.set(task.task, task);
    for (const batch of batches) this.put(batch);
    this.nextSlot = batches.length;
  }

  /** Nothing is settled here. */
  evidence() {
    return [];
  }

  save(): void {
    const { opened: workflow, claims, slots } = this;
    const written: Written = { workflow, batches: [...slots.values()] };
    const rest = JSON.stringify(written, withoutBigints);
    writeFileSync(this.file, JSON.stringify({ tasks: [...claims.values()], rest }));
  }

  head() {
    return { block: this.block, timestamp: Math.floor(Date.now() / 1000) };
  }
  workflow(id: number) {
    return this.opened?.workflow === id ? this.opened : undefined;
  }
  workflowsOf() {
    return this.opened ? [this.opened.workflow] : [];
  }
  tasks() {
    return [...this.claims.values()];
  }
  task(_workflow: number, task: number) {
    return this.claims.get(task);
  }
  batch(operator: Address, slot: number) {
    return this.slots.get(`${operator.toLowerCase()}/${slot}`);
  }
  account() {
    return { free: 10n ** 12n, locked: 0n, owed: 0n };
  }
  liveBatches() {
    return [...this.slots.values()].filter(({ state }) => state === "claimed");
  }
  openDisputes() {
    return [];
  }

  open(id: number, spec: Spec, coordinator: Address): void {
    const now = Math.floor(Date.now() / 1000);
    this.opened = {
      workflow: id,
      requester: `0x${"11".repeat(20)}`,
      coordinator,
      specHash: toBytes32(specDigest(spec)),
      feeBps: 0,
      deadline: now + 36_000,
      escrow: 10n ** 12n,
      refunded: 0n,
      feePaid: 0n,
      spent: 0n,
      status: WORKFLOW_STATUS.open,
      steps: stepTermsOf(spec),
      openedAt: now,
      endedAt: null,
      silentAt: null,
      completionTx: null,
      resultDigest: null,
    };
    this.tell([]);
  }

  /** An operator claims the whole of an assignment that it was given; once. */
  claim(body: SignedAssignment): void {
    if (this.claims.get(body.tasks[0]!.task)?.root === body.root) return;
    const slot = this.nextSlot++;
    const operator = body.operator.toLowerCase() as Address;
    const root = body.root as Hex;
    const deadline = this.head().timestamp + body.terms.claimTime;
    const ticket = packTicket({
      workflow: body.workflow,
      step: body.step,
      attempt: body.attempt,
      word: body.word,
      price: BigInt(body.price),
      bond: BigInt(body.terms.bond),
      rule: body.terms.rule,
      window: body.terms.window,
      open: false,
      mask: BigInt(body.mask),
      root,
      judgeHash: judgeHash(this.opened!.steps[body.step]!.judge),
    });
    const { workflow, tasks } = body;
    this.put({ operator, slot, workflow, state: "claimed", ticket, deadline, commitments: [] });
    for (const { task, attempt } of tasks) {
      const claim = { task, operator, slot, attempt, root, deadline, commitment: null };
      this.claims.set(task, { ...claim, pay: "claimed" });
    }
    this.tell(tasks.map(({ task }) => task));
  }

  /** An operator commits tasks of a claim, with the coordinator's acceptance. */
  commit(word: number, mask: bigint, commitments: Hex[]): void {
    const tasks = tasksOf(word, mask);
    for (const [i, task] of tasks.entries()) {
      const claim = this.claims.get(task)!;
      this.claims.set(task, { ...claim, pay: "committed", commitment: commitments[i]! });
      const batch = this.batch(claim.operator, claim.slot)!;
      if (batch.state === "claimed") this.put({ ...batch, state: "committed", commitments });
    }
    this.tell(tasks);
  }

  /** The coordinator has declared that no task is left. */
  finish(): void {
    this.opened = { ...this.opened!, status: WORKFLOW_STATUS.completed };
    this.tell([]);
  }

  private put(batch: ChainBatch): void {
    this.slots.set(`${batch.operator}/${batch.slot}`, batch);
  }

  private tell(tasks: number[]): void {
    this.block++;
    const { workflow } = this.opened!;
    this.listener({
      workflows: [workflow],
      tasks: tasks.map((task) => ({ workflow, task })),
      accounts: [],
      block: this.block,
      timestamp: this.head().timestamp,
    });
  }
}
