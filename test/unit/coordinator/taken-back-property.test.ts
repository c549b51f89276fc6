import { expect } from "chai";
import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SignedAssignment } from "../../../protocol/http";
import { Market, type TestOperator } from "./support/market";
import { PROGRAM, proofs } from "./support/specs";

const TASKS = 3;
const limits = { startSeconds: 30, runSeconds: 600, silenceSeconds: 300 };

/** A ticket as an operator has it: an assignment, for those of its tasks that it names now. */
type Ticket = Pick<SignedAssignment, "claimBy" | "mask"> & { body: SignedAssignment; by: number };

const move = fc.oneof(
  fc.record({
    kind: fc.constantFrom("claim", "report", "fail") as fc.Arbitrary<string>,
    of: fc.nat(5),
  }),
  fc.record({ kind: fc.constant("reorg"), of: fc.integer({ min: 1, max: TASKS }) }),
  fc.record({ kind: fc.constant("pass"), of: fc.constantFrom(1, 5, 20, 40) }),
  fc.record({ kind: fc.constant("restart"), of: fc.constant(0) }),
);

/** Operators, a chain that takes what the contract would, and every ticket that was ever signed. */
class Play {
  readonly tickets: Ticket[] = [];
  readonly operators: TestOperator[] = [];
  /** Attempts that are over: who held them does not claim them again. */
  private readonly dead = new Set<string>();
  /** Claims in the order in which they were made. */
  private readonly claims: { ticket: Ticket; tasks: number[] }[] = [];

  constructor(readonly market: Market) {}

  private now = () => Math.floor(this.market.clock.now() / 1000);
  private tasksOf = ({ body, mask }: Ticket) =>
    body.tasks.map(({ task }) => task).filter((task) => (BigInt(mask) >> BigInt(task)) & 1n);

  /** Each operator says what it holds and takes in what is new. */
  async sync(): Promise<void> {
    for (const [by, operator] of this.operators.entries()) {
      for (const body of await operator.sync()) {
        this.tickets.push({ by, body, mask: body.mask, claimBy: body.claimBy });
        operator.hold(body);
      }
      for (const { root, mask, claimBy } of operator.renewals.splice(0)) {
        const known = this.tickets.findLast(({ body }) => body.root === root)!;
        if (known.claimBy === claimBy) continue; // it came again
        const ticket = { ...known, mask, claimBy };
        this.checkRenewal(ticket, known.body);
        this.tickets.push(ticket);
      }
      operator.renewals.push(...this.newest(by));
      for (const { task, attempt, verdict } of operator.verdicts.splice(0))
        if (verdict === "cancelled") this.release(task, attempt);
    }
    await this.market.settle();
  }

  /** An operator gives back what it holds of an attempt that is over. */
  private release(task: number, attempt: number): void {
    this.dead.add(`${task}/${attempt}`);
    for (const operator of this.operators)
      operator.running = operator.running.filter(
        (one) => one.task !== task || one.attempt !== attempt,
      );
    const claim = this.market.chain.task(1, task);
    if (claim?.pay === "claimed" && claim.attempt === attempt)
      this.market.chain.pay(1, task, "released");
  }

  /** Whether a task can be claimed, as one that nobody holds, by a later attempt than the last. */
  private isFree(task: number, attempt: number): boolean {
    const claim = this.market.chain.task(1, task);
    if (this.dead.has(`${task}/${attempt}`)) return false;
    return !claim || (claim.pay === "released" && claim.attempt < attempt);
  }

  /** As the operator names them. */
  private newest(by: number) {
    const all = new Map(this.tickets.filter((t) => t.by === by).map((t) => [t.body.root, t]));
    return [...all.values()].map(({ body: { workflow, root }, mask, claimBy }) => {
      return { workflow, root, mask, claimBy, signature: "0x" };
    });
  }

  private checkRenewal(ticket: Ticket, { mask, terms, attempt }: SignedAssignment): void {
    expect(BigInt(ticket.mask) & ~BigInt(mask), "of its tasks only").to.equal(0n);
    expect(ticket.claimBy - this.now()).to.be.within(0, terms.claimTime);
    for (const task of this.tasksOf(ticket)) {
      const others = this.tickets.filter(
        (one) => one.body.attempt !== attempt && this.tasksOf(one).includes(task),
      );
      for (const other of others)
        expect(other.claimBy, "no other attempt can be claimed").to.be.lessThan(this.now());
    }
  }

  /** Claims what the contract takes of the newest of an operator's tickets. */
  async claim(n: number): Promise<void> {
    const ticket = this.tickets.at(-1 - (n % Math.max(1, this.tickets.length)));
    if (!ticket || ticket.claimBy < this.now()) return;
    const { attempt } = ticket.body;
    const free = this.tasksOf(ticket).filter((task) => this.isFree(task, attempt));
    if (free.length === 0) return;
    const tasks = ticket.body.tasks.filter(({ task }) => free.includes(task));
    this.market.chain.claim({ ...ticket.body, tasks });
    this.claims.push({ ticket, tasks: free });
    await this.market.settle();
  }

  async report(n: number): Promise<void> {
    const all = this.claims.flatMap(({ ticket, tasks }) => tasks.map((task) => ({ ticket, task })));
    const claim = all[n % Math.max(1, all.length)];
    if (!claim) return;
    const { ticket, task } = claim;
    await this.operators[ticket.by]!.report(ticket.body, task, { proof: `${task}` }).catch(stale);
  }

  async fail(n: number): Promise<void> {
    const ticket = this.tickets[n % Math.max(1, this.tickets.length)];
    if (!ticket) return;
    const { root, attempt } = ticket.body;
    const [task] = this.tasksOf(ticket);
    const why = { code: "run_failed", message: "no", inputRefused: false };
    const report = { workflow: 1, task: task!, attempt, root, ...why };
    const { address } = this.operators[ticket.by]!;
    await this.market.coordinator.failure(address, report).catch(stale);
    const its = this.market.coordinator.views
      .attempts(1)
      .find((one) => one.task === task && one.attempt === attempt);
    // Of one whose result was taken it says too late that it failed.
    if (its?.outcome === "failed") this.release(task!, attempt);
  }

  /** The last claims vanish. */
  async reorg(count: number): Promise<void> {
    const gone = this.claims.splice(-count).flatMap(({ tasks }) => tasks);
    for (const task of new Set(gone))
      if (this.market.chain.task(1, task)) this.market.chain.unclaim(1, task);
    await this.market.settle();
    await this.market.pass(1_000);
  }
}

function stale(error: unknown): void {
  const code = (error as { code?: string }).code ?? "";
  if (!["attempt_stale", "attempt_ended", "attempt_not_yours"].includes(code)) throw error;
}

describe("however claims come, vanish and come again", () => {
  it("no ticket is renewed beside another that can be claimed, and in the end each task is done with a claim that stands", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 25 }), async (moves) => {
        const folder = mkdtempSync(join(tmpdir(), "froben-taken-back-"));
        const market = await new Market(join(folder, "db.sqlite")).start();
        try {
          const play = new Play(market);
          const programs = [PROGRAM.prove];
          for (let i = 0; i < 2; i++)
            play.operators.push(await market.operator({ programs, concurrency: 2 }));
          const retry = { attempts: 50, backoffSeconds: 0 };
          await market.submit(1, proofs(TASKS, { limits, retry, claimSeconds: 600 }));
          await play.sync();
          for (const { kind, of } of moves) {
            if (kind === "claim") await play.claim(of);
            if (kind === "report") await play.report(of);
            if (kind === "fail") await play.fail(of);
            if (kind === "reorg") await play.reorg(of);
            if (kind === "pass") await market.pass(of * 1000);
            if (kind === "restart") await market.restart();
            await play.sync();
          }
          const isOver = () => market.coordinator.views.workflow(1).counts.done === TASKS;
          const isClaimed = () => [0, 1, 2].every((task) => market.chain.task(1, task));
          for (let i = 0; i < 60 && !(isOver() && isClaimed()); i++) {
            for (let n = 0; n < play.tickets.length; n++) await play.claim(n);
            for (let n = 0; n < 3 * TASKS; n++) await play.report(n);
            await market.pass(3_000);
            await play.sync();
          }
          expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: TASKS });
          for (const { task, attempt, outcome } of market.coordinator.views.attempts(1))
            if (outcome === "valid") expect(market.chain.task(1, task)).to.include({ attempt });
        } finally {
          await market.stop();
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 40 },
    );
  }).timeout(120_000);
});
