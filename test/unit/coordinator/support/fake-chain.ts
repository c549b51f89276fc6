import type { Address, Hex } from "viem";
import { WORKFLOW_STATUS } from "../../../../protocol/abi";
import type { SignedAssignment } from "../../../../protocol/http";
import type { Spec } from "../../../../protocol/spec";
import { stepTermsOf } from "../../../../protocol/terms";
import { maskOf, packTicket } from "../../../../protocol/ticket";
import { toBytes32 } from "../../../../protocol/digest";
import { specDigest } from "../../../../protocol/validate-spec";
import type {
  ChainAccount,
  ChainBatch,
  ChainChange,
  ChainReader,
  ChainTask,
  ChainWorkflow,
} from "../../../../offchain/coordinator/facade";

/** Chain tables in memory, changed by what operators and requesters would send. */
export class FakeChain implements ChainReader {
  listener: (change: ChainChange) => void = () => {};
  block = 1;
  private readonly workflows = new Map<number, ChainWorkflow>();
  private readonly claims = new Map<string, ChainTask>();
  private readonly batches = new Map<string, ChainBatch>();
  private readonly accounts = new Map<string, ChainAccount>();
  private nextSlot = 0n;

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
  batch(operator: Address, slot: bigint) {
    return this.batches.get(`${operator.toLowerCase()}/${slot}`);
  }
  account(address: Address) {
    return this.accounts.get(address.toLowerCase()) ?? { free: 0n, locked: 0n, owed: 0n };
  }
  liveBatches(workflow: number) {
    return [...this.batches.values()].filter(
      (b) => b.workflow === workflow && (b.state === "claimed" || b.state === "committed"),
    );
  }

  stake(operator: Address, free: bigint): void {
    this.accounts.set(operator.toLowerCase(), { free, locked: 0n, owed: 0n });
    this.tell([], [], [operator]);
  }

  open(id: number, spec: Spec, coordinator: Address): void {
    this.workflows.set(id, {
      workflow: id,
      requester: `0x${"11".repeat(20)}`,
      coordinator,
      specHash: toBytes32(specDigest(spec)),
      feeBps: 0,
      deadline: this.now() + 36_000,
      escrow: 1_000_000n,
      refunded: 0n,
      spent: 0n,
      status: WORKFLOW_STATUS.open,
      steps: stepTermsOf(spec),
      openedAt: this.now(),
      completionTx: null,
    });
    this.tell([id]);
  }

  claim(body: SignedAssignment): bigint {
    const slot = this.nextSlot++;
    const operator = body.operator as Address;
    const deadline = this.now() + body.terms.claimTime;
    const root = body.root as Hex;
    const ticket = packTicket({
      workflow: body.workflow,
      step: body.step,
      attempt: body.attempt,
      word: body.word,
      price: BigInt(body.price),
      bond: BigInt(body.terms.bond),
      deadline,
      rule: body.terms.rule,
      window: body.terms.window,
      mask: BigInt(body.mask),
      root,
    });
    this.batches.set(`${operator}/${slot}`, {
      operator,
      slot,
      workflow: body.workflow,
      state: "claimed",
      ...ticket,
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
    this.claims.set(key, { ...claim, pay });
    const batch = this.batch(claim.operator, claim.slot)!;
    const state = pay === "committed" ? "committed" : pay === "claimed" ? "claimed" : "credited";
    this.batches.set(`${claim.operator}/${claim.slot}`, {
      ...batch,
      state,
      // Each test task is committed as a part of its own.
      tail: state === "committed" ? BigInt(maskOf([task])) : batch.tail,
      commitments: commitments.length > 0 ? commitments : batch.commitments,
    });
    this.tell([workflow], [task]);
  }

  /** A reorganisation takes a claim back. */
  unclaim(workflow: number, task: number): void {
    const claim = this.claims.get(`${workflow}/${task}`)!;
    this.claims.delete(`${workflow}/${task}`);
    this.batches.delete(`${claim.operator}/${claim.slot}`);
    this.tell([workflow], [task]);
  }

  end(id: number, status: number, completionTx: Hex | null = null): void {
    this.workflows.set(id, { ...this.workflows.get(id)!, status, completionTx });
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
