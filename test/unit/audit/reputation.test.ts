import { expect } from "chai";
import type { Address } from "viem";
import { chainAccounts } from "../../../offchain/db/schema/chain";
import { chainEvidence } from "../../../offchain/db/schema/evidence";
import { sha256, type Digest } from "../../../protocol/digest";
import { AuditedMarket } from "./support/audited-market";
import { bothReputations, CoordinatorBooks } from "./support/coordinator-books";
import { CLAIM_SECONDS, statement, WINDOW_SECONDS } from "./support/sample-workflow";
import { serveCoordinator } from "./support/test-coordinator";

const NONE = { completed: 0, late: 0, silent: 0, invalid: 0 };

describe("reputations, by the audit and by a coordinator's tables", function () {
  this.timeout(120_000);
  let world: AuditedMarket;
  let operators: [Address, Address, Address];

  beforeEach(async () => {
    world = await AuditedMarket.enter();
    const { market } = world;
    operators = [market.operator(0), market.operator(1), market.operator(2)];
  });
  afterEach(() => world.env.leave());

  /** Of a claim that runs out: with another one, of which nothing comes, or a settlement after it. */
  async function lapse(operator: Address, tasks: number[], heard: boolean): Promise<void> {
    const run = await world.start();
    const held = await run.claim(operator, tasks);
    if (heard) await run.work(operator, [3]);
    await world.market.pass(CLAIM_SECONDS + 1);
    await world.market.expire(held, operators[2]);
  }

  it("are the same to the last digit, over all and for each program, also of programs that nobody can know", async () => {
    const [first, second, watcher] = operators;
    const known = await world.start();
    await known.happy(first, second);
    const unknown = await world.startWith({ name: "unknown" });
    await unknown.happy(first, first);
    const struck = await world.start();
    const wrong = await world.market.commit(await struck.claim(second, [1]), [Uint8Array.of(0)]);
    await world.market.challenge(wrong, 1, statement(1), watcher);
    await lapse(first, [0, 1], true);
    await lapse(second, [0], false);
    await world.market.pass(WINDOW_SECONDS + 1);

    const { served } = known;
    const runs = new Map([1, 3, 4, 5].map((id) => [id, served]));
    const coordinator = await serveCoordinator(world.env, runs);
    const report = await world.audit({ coordinatorUrl: coordinator.url });
    await coordinator.stop();
    const both = await bothReputations(world, report.operators, served.artifacts);
    expect(both.coordinator).to.deep.equal(both.audit);

    const of = new Map(both.audit);
    const program = (name: string): Digest => sha256(`program ${name}`);
    const counted = (operator: Address, name: string | null) =>
      of.get(operator)!.reputationByProgram.find((one) => one.program === (name && program(name)));
    expect(counted(first, "prove")).to.include({ ...NONE, completed: 2, late: 2 });
    expect(counted(first, null)).to.include({ ...NONE, completed: 12 });
    expect(counted(second, "prove")).to.include({ ...NONE, completed: 2, silent: 1, invalid: 1 });
    expect(report.operators[0]).to.include({ expiredTasks: 2, silentTasks: 0 });
    expect(report.operators[1]).to.include({ expiredTasks: 1, silentTasks: 1 });
  });

  it("go back exactly with a reorganisation", async () => {
    const [first, second] = operators;
    const run = await world.start();
    await run.happy(first, second);
    const books = new CoordinatorBooks(world, run.served.artifacts);
    await books.read(64);
    const rows = (of: CoordinatorBooks) => ({
      evidence: of.db.select().from(chainEvidence).all(),
      heard: of.db
        .select({ address: chainAccounts.address, block: chainAccounts.heardBlock })
        .from(chainAccounts)
        .orderBy(chainAccounts.address)
        .all(),
    });
    const before = { rows: rows(books), reputation: books.of(first) };
    const id = await world.env.test.snapshot();
    await lapse(first, [0, 1], true);
    await lapse(first, [0], false);
    await books.read(64);
    expect(rows(books)).not.to.deep.equal(before.rows);
    expect(books.of(first).reputation).to.be.below(before.reputation.reputation);

    await world.env.test.revert({ id });
    await world.market.deposit(second, 1n);
    await books.read(64);
    expect(rows(books)).to.deep.equal(before.rows);
    expect(books.of(first).reputationByProgram.map(({ completed }) => completed)).to.deep.equal(
      before.reputation.reputationByProgram.map(({ completed }) => completed),
    );
    const fresh = new CoordinatorBooks(world, run.served.artifacts);
    await fresh.read(64);
    expect(rows(fresh)).to.deep.equal(rows(books));
    books.close();
    fresh.close();
  });
});
