import { eq } from "drizzle-orm";
import { rmSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { Registry } from "prom-client";
import { recoverTypedDataAddress, type Address, type Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from "viem/accounts";
import { Retention } from "../../../../offchain/artifacts/retention";
import { createCoordinator } from "../../../../offchain/coordinator/coordinator";
import type { ValidationJob } from "../../../../offchain/coordinator/facade";
import { openDatabase, closeDatabase, type Db } from "../../../../offchain/db/client";
import { workAttempts, workReceipts, type TakenResult } from "../../../../offchain/db/schema/work";
import { workMetrics } from "../../../../offchain/metrics/work";
import { commitmentHash } from "../../../../protocol/commitment";
import { canonicalJson, toBytes32, type Digest } from "../../../../protocol/digest";
import { marketDomain, TYPES } from "../../../../protocol/eip712";
import { FrobenError } from "../../../../protocol/errors";
import type {
  Register,
  Renewal,
  ResultReport,
  ResultsResponse,
  SignedAssignment,
  SyncResponse,
} from "../../../../protocol/http";
import type { Verdict } from "../../../../protocol/program";
import { receiptsToSign, resultCommitments, type NamedResult } from "../../../../protocol/receipts";
import type { Spec } from "../../../../protocol/spec";
import { judgeHash, type JudgeTerms } from "../../../../protocol/terms";
import { packTicket, type Ticket } from "../../../../protocol/ticket";
import { FakeChain } from "./fake-chain";
import { FakeClock } from "./fake-clock";
import { FakeStore } from "./fake-store";

/** How long artifacts stay after their workflow has settled. */
export const RETAIN_MS = 600_000;
/** After so long newcomers are asked canaries. */
export const CANARY_IDLE_MS = 30_000;
export const CHAIN_ID = 31337;
/** Seconds for which a completed workflow takes claims. */
export const LATE_CLAIMS = 900;
export const MARKET: Address = `0x${"aa".repeat(20)}`;

/** A coordinator with everything around it in memory; the database is a file's, so that it can be opened again. */
export class Market {
  readonly clock = new FakeClock();
  readonly chain = new FakeChain(() => Math.floor(this.clock.now() / 1000));
  readonly store = new FakeStore();
  readonly account = privateKeyToAccount(generatePrivateKey());
  readonly sent: { purpose: string; data: Hex; gas: bigint | undefined }[] = [];
  /** Answers of adapters and validation programs; tests replace it. */
  judge: (job: ValidationJob | { result: Uint8Array }) => Verdict | Promise<Verdict> = () => ({
    valid: true,
  });
  /** Of requesters, from the next start on. */
  weights: Record<string, number> = {};
  coordinator!: ReturnType<typeof createCoordinator>;
  retention!: Retention;
  private registry!: Registry;
  private db!: Db;

  /** @param file of the database */
  constructor(readonly file: string) {}

  async start(): Promise<this> {
    this.db = openDatabase(this.file);
    this.registry = new Registry();
    this.retention = new Retention(this.db, this.clock, { graceMs: 60_000, retainMs: RETAIN_MS });
    const silent = {
      info() {},
      warn() {},
      error: (fields: object, message: string) => console.error(message, fields),
    };
    this.coordinator = createCoordinator({
      db: this.db,
      account: this.account,
      chain: this.chain,
      calls: {
        chainId: CHAIN_ID,
        market: MARKET,
        lateClaims: LATE_CLAIMS,
        verify: async (_adapter, _statement, result) => (await this.judge({ result })).valid,
      },
      sender: {
        send: (purpose, { data, gas }) => {
          this.sent.push({ purpose, data, gas });
          return Promise.resolve({ hash: `0x${"77".repeat(32)}` as Hex });
        },
      },
      store: this.store,
      retention: this.retention,
      validator: { has: () => true, run: (job) => Promise.resolve(this.judge(job)) },
      clock: this.clock,
      log: silent,
      metrics: workMetrics(this.registry),
      settings: {
        claimBySeconds: 30,
        weights: this.weights,
        operatorSilenceMs: 15_000,
        canaryIdleMs: CANARY_IDLE_MS,
        validations: 2,
        validationLimits: { seconds: 60, memoryMb: 512 },
        seed: "test",
      },
    });
    this.chain.listener = (change) => this.coordinator.chainChanged(change);
    await this.coordinator.recover();
    return this;
  }

  /** Ends the coordinator as a crash would: what is not in the database is lost. */
  async stop(): Promise<void> {
    this.chain.listener = () => {};
    await this.coordinator.stop();
    closeDatabase(this.db);
  }

  /** Ends the coordinator, and starts it again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
    await this.settle();
  }

  /** What it writes to, until it is stopped. */
  get database(): Db {
    return this.db;
  }

  /** @returns what the coordinator counts, as text */
  metrics(): Promise<string> {
    return this.registry.metrics();
  }

  /** Ends the coordinator, and starts another with an empty database. */
  async loseDatabase(): Promise<void> {
    await this.stop();
    for (const end of ["", "-wal", "-shm"]) rmSync(this.file + end, { force: true });
    this.clock.advance(1_000);
    this.chain.madeAt = this.clock.now();
    await this.start();
    await this.settle();
  }

  /** Has validation find everything valid but the proof "garbage". */
  refuseGarbage(): void {
    this.judge = (job) => {
      const proof = "inputs" in job ? job.inputs.proof : undefined;
      return { valid: typeof proof !== "string" || !this.store.is(proof, "garbage") };
    };
  }

  /** Results of a workflow as the database has them. */
  taken(workflow: number): TakenResult[] {
    const rows = this.db
      .select({ report: workAttempts.report })
      .from(workAttempts)
      .where(eq(workAttempts.workflow, workflow))
      .all();
    return rows.flatMap(({ report }) => report ?? []);
  }

  /** What an operator signed for results, by the root. */
  receipts(root: Hex) {
    return this.db.select().from(workReceipts).where(eq(workReceipts.root, root)).get()!;
  }

  /** Rows that were written to the database since it was opened. */
  rowsWritten(): number {
    const row = this.db.$client.prepare("select total_changes() as rows").get();
    return (row as { rows: number }).rows;
  }

  /** Lets everything happen that can happen now. */
  async settle(): Promise<void> {
    for (let i = 0; i < 6; i++) {
      await this.coordinator.idle();
      await turn();
    }
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    this.chain.tick();
    await this.settle();
  }

  /** @param requester whose it is; the same one's if not given */
  async submit(id: number, spec: Spec, requester?: Address): Promise<void> {
    this.store.put(canonicalJson(spec));
    this.chain.open(id, spec, this.account.address, requester);
    await this.settle();
  }

  /** @returns whose signature over a message this is */
  signer(
    primaryType: "Assignment" | "Release" | "Acceptance",
    message: object,
    signature: string,
  ): Promise<Address> {
    const domain = marketDomain(CHAIN_ID, MARKET);
    const typed = { domain, types: TYPES, primaryType, message, signature };
    return recoverTypedDataAddress(typed as never);
  }

  async operator(changes: Partial<Register> & Pick<Register, "programs">): Promise<TestOperator> {
    const operator = new TestOperator(this, privateKeyToAccount(generatePrivateKey()));
    this.chain.stake(operator.address, 1_000n);
    this.register(operator, changes);
    await operator.sync();
    // What its first heartbeat brings comes again, for the test to see.
    operator.assignments.clear();
    await this.settle();
    return operator;
  }

  register(
    { address }: TestOperator,
    changes: Partial<Register> & Pick<Register, "programs">,
  ): void {
    this.coordinator.register(address, {
      name: "test",
      machine: { id: address, cores: 4, memoryMb: 8_000, gpus: [] },
      offer: { cores: 4, memoryMb: 8_000, gpus: 0, vramMb: 0 },
      concurrency: 1,
      priceBps: 8_000,
      speed: 1,
      ...changes,
    });
  }
}

/** An operator that does what the test tells it. */
export class TestOperator {
  readonly address: Address;
  readonly assignments = new Map<string, SignedAssignment>();
  readonly verdicts: SyncResponse["verdicts"] = [];
  /** Those that came, the latest last. */
  readonly renewals: Renewal[] = [];
  running: { workflow: number; task: number; attempt: number; progress: number }[] = [];
  draining = false;

  constructor(
    private readonly market: Market,
    readonly account: PrivateKeyAccount,
  ) {
    this.address = account.address.toLowerCase() as Address;
  }

  /** One heartbeat. @returns the assignments that are new */
  async sync(): Promise<SignedAssignment[]> {
    const answer = await this.market.coordinator.sync(this.address, {
      running: this.running,
      draining: this.draining,
      known: [...this.assignments.keys()] as Hex[],
      renewed: this.renewals.map(({ root, claimBy }) => ({ root, claimBy })),
      seenVerdicts: this.verdicts.map(({ workflow, task, attempt }) => ({
        workflow,
        task,
        attempt,
      })),
      waitMs: 0,
    });
    for (const body of answer.assignments) this.assignments.set(body.root, body);
    this.verdicts.push(...answer.verdicts);
    this.renewals.push(...(answer.renewals ?? []));
    await this.market.settle();
    return answer.assignments;
  }

  hold(body: SignedAssignment, progress = 0): void {
    for (const { task, attempt } of body.tasks)
      this.running.push({ workflow: body.workflow, task, attempt, progress });
  }

  /**
   * Reports a result for one task of an assignment.
   * @param outputs bytes of each output; an array is a collection
   * @param wallMs how long it took
   */
  async report(
    body: SignedAssignment,
    task: number,
    outputs: Record<string, string | string[]>,
    wallMs = 1_000,
  ): Promise<Digest> {
    const { store } = this.market;
    const digests = Object.entries(outputs).map(([name, content]): [string, Digest] => [
      name,
      Array.isArray(content)
        ? store.put(canonicalJson({ type: "collection", items: content.map((c) => store.put(c)) }))
        : store.put(content),
    ]);
    const plain = digests.length === 1 && !Array.isArray(Object.values(outputs)[0]);
    const result = plain
      ? digests[0]![1]
      : store.put(canonicalJson({ type: "result", outputs: Object.fromEntries(digests) }));
    const { attempt } = body.tasks.find((t) => t.task === task)!;
    const usage = { wallMs, cpuMs: 900, maxRssMb: 100 };
    const { workflow, root } = body;
    const [refused] = await this.send([{ workflow, task, attempt, root, result, usage }]);
    if (refused) throw new FrobenError(refused.code, refused.message, refused);
    this.running = this.running.filter((r) => r.workflow !== body.workflow || r.task !== task);
    await this.market.settle();
    return result;
  }

  /** Reports results under one signature, its own unless told otherwise. */
  async send(results: ResultReport[], receipts?: Hex): Promise<ResultsResponse["outcomes"]> {
    receipts ??= await this.receipts(results);
    const answer = await this.market.coordinator.results(this.address, { results, receipts });
    return answer.outcomes;
  }

  receipts(results: NamedResult[]): Promise<Hex> {
    const place = { chainId: CHAIN_ID, market: MARKET, operator: this.address };
    const commitments = resultCommitments(place, results);
    return this.account.signTypedData(receiptsToSign(marketDomain(CHAIN_ID, MARKET), commitments));
  }

  commitment(body: SignedAssignment, task: number, result: Digest): Hex {
    return commitmentHash({
      chainId: CHAIN_ID,
      market: MARKET,
      workflow: body.workflow,
      task,
      attempt: body.attempt,
      operator: this.address,
      root: body.root as Hex,
      resultDigest: toBytes32(result),
    });
  }

  /** @returns the ticket that the contract makes of a whole claim of an assignment */
  ticket(body: SignedAssignment): Ticket {
    const { workflow, step, attempt, word, price, mask, root, terms } = body;
    return packTicket({
      workflow,
      step,
      attempt,
      word,
      price: BigInt(price),
      bond: BigInt(terms.bond),
      rule: terms.rule,
      window: terms.isFinal ? 0 : terms.window,
      open: false,
      mask: BigInt(mask),
      root: root as Hex,
      judgeHash: judgeHash({
        ...terms.judge,
        jurorFee: BigInt(terms.judge.jurorFee),
      } as JudgeTerms),
    });
  }

  /**
   * Takes everything it is given, computes it at once, claims, reports and commits.
   * @param wallMsOf how long it says that a task took
   * @returns tasks done
   */
  async work(
    outputsOf: (body: SignedAssignment, task: number) => Record<string, string | string[]>,
    wallMsOf?: (body: SignedAssignment, task: number) => number,
  ): Promise<number[]> {
    const done: number[] = [];
    for (const body of await this.sync()) {
      this.hold(body);
      await this.sync();
      this.market.chain.claim(body);
      await this.market.settle();
      for (const { task } of body.tasks) {
        const result = await this.report(body, task, outputsOf(body, task), wallMsOf?.(body, task));
        this.market.chain.pay(body.workflow, task, "committed", [
          this.commitment(body, task, result),
        ]);
        await this.market.settle();
        done.push(task);
      }
    }
    return done;
  }

  /** Works until there is nothing to do for it. @returns the tasks, in the order in which they were done */
  async workAll(outputsOf: Parameters<TestOperator["work"]>[0]): Promise<number[]> {
    const done: number[] = [];
    for (;;) {
      const some = await this.work(outputsOf);
      if (some.length === 0) return done;
      done.push(...some);
    }
  }
}
