import { expect } from "chai";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseEventLogs, toHex, type Address, type Hex } from "viem";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { connectMarket } from "../../../operator/chain/clients";
import { disputeKey } from "../../../protocol/dispute-key";
import { createSlotView } from "../../../operator/chain/slot-view";
import type { Slot } from "../../../operator/chain/slots";
import { systemClock as clock } from "../../../operator/clock";
import { createOperator, type Operator } from "../../../operator/operator";
import { marketAbi } from "../../../protocol/abi";
import { openCommitment } from "../../../protocol/commitment";
import { stepTermsOf } from "../../../protocol/terms";
import { tasksOf, ticketStruct } from "../../../protocol/ticket";
import { fetchArtifact, fetchOutputs, getTasks, getWorkflow } from "../../../sdk";
import type { Spec } from "../../../protocol/spec";
import { TestMarket } from "./market-fixture";

const WINDOW = 120;
const CALLER = ROLES.auditor;
const STAKE = 100_000_000n;

describe("an operator whose result is demanded on-chain", function () {
  this.timeout(180_000);
  let market: TestMarket;
  let started: Operator[];
  const addressOf = (index: number) => devnetAccount(ROLES.operators + index).address;

  before(async () => {
    market = await TestMarket.start();
    const caller = devnetAccount(CALLER).address;
    await market.chain.call(CALLER, "deposit", [caller, 1_000n], 1_000n * market.chain.unit);
  });
  after(() => market.stop());
  beforeEach(() => (started = []));
  afterEach(async () => {
    await Promise.all(started.map((operator) => operator.stop()));
    market.killOperators();
  });

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await clock.sleep(20);
  }

  /** One task, computed and committed. @returns the workflow's id */
  async function committed(operator: Address, value: string): Promise<number> {
    const step = { windowSeconds: WINDOW, maxRevealBytes: 1024 };
    const id = await market.submit([{ value }], 1, step);
    await until(async () => (await batchOf(operator, id)) !== undefined);
    return id;
  }

  /** The unmatured batch of a workflow's only task, as the chain has it. */
  async function batchOf(operator: Address, workflow: number): Promise<Slot | undefined> {
    const info = await market.client.market();
    const chain = await connectMarket(market.chain.rpcUrl, info, undefined);
    const forgetful = { chainView: () => undefined, saveChainView: () => undefined };
    const view = createSlotView(chain, operator, forgetful);
    await view.sync();
    const slots = [...view.slots().values()];
    return slots.find((one) => one.state === "committed" && one.claim.workflow === workflow);
  }

  /** Demands the one result of a workflow, as anyone can who has free stake. @returns the dispute's key */
  async function demand(operator: Address, workflow: number): Promise<Hex> {
    const { slot, ticket, claim, commitments } = (await batchOf(operator, workflow))!;
    const [task] = tasksOf(claim.word, claim.mask);
    const commitment = openCommitment(commitments, 0);
    const batch = { operator, slot, ticket: ticketStruct(ticket), root: ticket.root, commitment };
    const { spec } = await getWorkflow(market.client, workflow);
    const bytes = await fetchArtifact(market.client, spec);
    const { judge } = stepTermsOf(JSON.parse(bytes.toString()) as Spec)[0]!;
    await market.chain.call(CALLER, "demand", [batch, judge, task!]);
    return disputeKey({ workflow, task: task!, attempt: claim.attempt });
  }

  /** What became of an operator's disputes. */
  async function storyOf(operator: Address) {
    const logs = await market.chain.client.getLogs({
      address: market.chain.market,
      fromBlock: BigInt(market.chain.fromBlock),
    });
    const events = <Name extends "Revealed" | "DisputePaid" | "Struck">(eventName: Name) =>
      parseEventLogs({ abi: marketAbi, eventName, logs });
    const ofOperator = (log: { args: { operator: Address } }) => log.args.operator === operator;
    return {
      revealed: events("Revealed").filter(ofOperator),
      paid: events("DisputePaid").filter(ofOperator),
      struck: events("Struck").filter(ofOperator),
    };
  }

  it("reveals it in time, and is paid when nobody has struck it within another window", async () => {
    const operator = await createOperator(await market.operatorConfig(0));
    started.push(operator);
    const id = await committed(operator.address, "on demand");
    const key = await demand(operator.address, id);
    await until(async () => (await storyOf(operator.address)).revealed.length > 0);
    const [revealed] = (await storyOf(operator.address)).revealed;
    const [result] = await fetchOutputs(market.client, id, "results");
    expect(revealed!.args).to.include({ key, revealer: operator.address, result: toHex(result!) });

    await market.chain.test.increaseTime({ seconds: WINDOW });
    await until(async () => (await storyOf(operator.address)).paid.length > 0);
    const bond = await market.chain.client.readContract({
      address: market.chain.market,
      abi: marketAbi,
      functionName: "demandBond",
      args: [1024n],
    });
    // The batch that the task has left is settled as well: its slot is free again.
    await until(async () => (await batchOf(operator.address, id)) === undefined);
    const account = await market.account(operator.address);
    expect(account).to.deep.equal({ free: STAKE, locked: 0n, owed: 10n + bond });
    // The coordinator may be a block behind.
    await until(async () => (await getTasks(market.client, id))[0]!.pay === "settled");
  });

  it("reveals after a crash what its journal knows, with bytes from the coordinator if its own are gone", async () => {
    const first = await market.spawnOperator(1);
    const id = await committed(addressOf(1), "lost");
    const gone = new Promise((resolve) => first.once("exit", resolve));
    first.kill("SIGKILL");
    await gone;
    const artifacts = join(market.chain.folder, "operator-1", "artifacts");
    expect(readdirSync(artifacts).length).to.be.greaterThan(0);
    rmSync(artifacts, { recursive: true });
    const key = await demand(addressOf(1), id);

    await market.spawnOperator(1);
    await until(async () => (await storyOf(addressOf(1))).revealed.length > 0);
    await market.chain.test.increaseTime({ seconds: WINDOW });
    await until(async () => (await storyOf(addressOf(1))).paid.length > 0);
    const { revealed, struck } = await storyOf(addressOf(1));
    expect(revealed[0]!.args.key).to.equal(key);
    expect(struck).to.deep.equal([]);
  });
});
