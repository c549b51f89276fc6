import { mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ticketStruct } from "../../../protocol/ticket";
import { CHECK, freshCourt, PHASE, SALT, sealedVote, WINDOW, type Court } from "../support/court";
import { builtOn, CULPRIT, voidArgs, voidDisputedArgs } from "../support/inputs";
import { batchArgs, claimArgs, OTHER_RESULT, receipt } from "../support/receipts";
import { operationsOf, statementOf, type Account, type Claim } from "../support/world";

/** Small, fast and seeded (mulberry32), so that a failing walk can be walked again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
}

/** Tasks of the walk: two that are built on the result of the third. */
const TASKS = [0, 1, CULPRIT];

interface Attempt {
  claim: Claim;
  batch?: Claim;
  task: number;
  /** Attempt of the culprit that it is built on. */
  source: number;
}

/** Everybody does something, again and again; whatever the contract refuses changes nothing. */
class Walk {
  readonly attempts: Attempt[] = [];
  private readonly next = new Map(TASKS.map((task) => [task, 1]));
  private slot = 0;
  done = 0;

  constructor(
    private readonly court: Court,
    private readonly random: (below: number) => number,
  ) {}

  private pick<T>(items: T[]): T {
    return items[this.random(items.length)]!;
  }

  /** Sends what may be refused, but never for a broken calculation. */
  private async attempt(by: Account, name: string, args: unknown[]): Promise<boolean> {
    try {
      await this.court.w.send(by, name, args);
      this.done++;
      return true;
    } catch (error) {
      const message = (error as Error).message;
      expect(message, name).to.match(/reverted with custom error/);
      return false;
    }
  }

  private async claim(): Promise<void> {
    const { w, workflow } = this.court;
    const task = this.pick(TASKS);
    const attempt = this.next.get(task)!;
    const source = 1 + this.random(2);
    const options = {
      attempt,
      slot: this.slot,
      inputsDigests: [builtOn({ task: CULPRIT, attempt: source }).digest],
    };
    const offer = await w.offer(workflow, this.pick(w.operators), [task], options);
    const bytes = operationsOf({ claims: [w.claimCall(offer, this.slot)] });
    if (!(await this.attempt(offer.operator, "advance", [bytes]))) return;
    this.attempts.push({ claim: w.claimFrom(offer, this.slot++), task, source });
    this.next.set(task, attempt + 1);
  }

  private async commit(one: Attempt): Promise<void> {
    const { w } = this.court;
    const wrong = this.random(3) !== 0 ? [one.task] : [];
    const { call, batch } = await w.commitCall(one.claim, { wrong });
    const bytes = operationsOf({ commits: [call] });
    if (await this.attempt(one.claim.offer.operator, "advance", [bytes])) one.batch = batch;
  }

  private async withClaim({ claim, task }: Attempt): Promise<void> {
    const { w, workflow } = this.court;
    const right = await receipt(w, claim, task, statementOf(workflow.id, task));
    const other = await receipt(w, claim, task, OTHER_RESULT);
    const { operator } = claim.offer;
    const ticket = ticketStruct(claim.ticket);
    const choice = this.random(3);
    if (choice === 0)
      await this.attempt(w.stranger, "strikeReceipts", claimArgs(claim, task, [right, other]));
    else if (choice === 1)
      await this.attempt(operator, "release", [operator.address, claim.slot, ticket, 0, "0x"]);
    else await this.attempt(w.stranger, "expire", [operator.address, claim.slot, ticket]);
  }

  private async withBatch({ batch: b, task, source }: Attempt & { batch: Claim }): Promise<void> {
    const { court } = this;
    const { w } = court;
    const key = court.key(b, task);
    const by = this.pick([w.challenger, b.offer.operator]);
    const [root, hash] = [b.ticket.root, court.judgeHash(b)];
    const other = await receipt(w, b, task, OTHER_RESULT);
    const voidIt = voidArgs(court, b, task, {}, source);
    const voidDisputed = voidDisputedArgs(court, b, task, {}, source);
    const operations = operationsOf({ settles: [w.settleCall(b)] });
    const juror = this.pick(court.jurors);
    const calls: [Account, string, unknown[]][] = [
      [by, "challenge", w.challengeArgs(b, task)],
      [by, "challengeDisputed", court.disputedArgs(b, task)],
      [by, "demand", court.openArgs(b, task)],
      [by, "demandDisputed", court.againArgs(b, task)],
      [by, "reveal", court.revealArgs(b, task)],
      [by, "closeDemand", [key]],
      [by, "callJury", court.openArgs(b, task)],
      [by, "callJuryDisputed", court.againArgs(b, task)],
      [by, "draw", [key]],
      [juror, "vote", [key, sealedVote(key, juror, 1 + (task % 3))]],
      [juror, "openVote", [key, 1 + (task % 3), SALT]],
      [by, "closeCase", [key]],
      [by, "voidResult", voidIt],
      [by, "voidResult", voidIt],
      [by, "voidDisputed", voidDisputed],
      [by, "strikeReceipt", batchArgs(w, b, task, other)],
      [by, "strikeReceiptDisputed", [key, root, hash, other]],
      [b.offer.operator, "advance", [operations]],
    ];
    // Two strikes in three are passed over: they end everything.
    const tries = this.random(3) === 0 ? calls : calls.filter(([, name]) => !/^strike/.test(name));
    while (tries.length > 0) {
      const [call] = tries.splice(this.random(tries.length), 1);
      if (await this.attempt(...call!)) return;
    }
  }

  async step(): Promise<void> {
    const choice = this.random(12);
    const recent = this.attempts.slice(-6);
    if (recent.length === 0 || choice === 0) return this.claim();
    if (choice === 1) return mine(3);
    if (choice === 2) return void (await time.increase(1 + this.random(WINDOW / 2)));
    const one = this.pick(recent);
    if (one.batch) return this.withBatch({ ...one, batch: one.batch });
    return choice < 10 ? this.commit(one) : this.withClaim(one);
  }

  /** Ends all that is still open. */
  async end(): Promise<void> {
    const { court } = this;
    const { w } = court;
    const by = w.stranger;
    for (let round = 0; round < 3; round++) {
      await time.increase(3 * WINDOW);
      for (const { claim, batch, task } of this.attempts) {
        if (!batch) {
          const { address } = claim.offer.operator;
          await this.attempt(by, "expire", [address, claim.slot, ticketStruct(claim.ticket)]);
          continue;
        }
        const bytes = operationsOf({ settles: [w.settleCall(batch)] });
        await this.attempt(batch.offer.operator, "advance", [bytes]);
        const key = court.key(batch, task);
        const phase = await court.phase(key);
        if (phase === PHASE.drawing) await this.attempt(by, "draw", [key]);
        else if (phase === PHASE.voting || phase === PHASE.opening)
          await this.attempt(by, "closeCase", [key]);
        else await this.attempt(by, "closeDemand", [key]);
      }
    }
    for (const juror of court.jurors)
      await w.send(juror, "leaveSeat", [CHECK, await court.seatNumber(juror)]);
  }
}

describe("Disputes of all kinds at random", () => {
  for (let seed = 1; seed <= 6; seed++)
    it(`leave every balance right after every call, and nothing locked in the end (walk ${seed})`, async () => {
      const court = await freshCourt();
      const walk = new Walk(court, randomFrom(seed));
      for (let step = 0; step < 80; step++) await walk.step();
      await walk.end();
      for (const { address } of [...court.w.operators, court.w.challenger, ...court.jurors])
        expect((await court.w.account(address)).locked, address).to.equal(0n);
      expect(walk.done).to.be.greaterThan(5);
    });
});
