import { expect } from "chai";
import { recoverTypedDataAddress } from "viem";
import { marketDomain } from "../../../protocol/eip712";
import { FrobenError } from "../../../protocol/errors";
import type { ResultReport } from "../../../protocol/http";
import { merklePath, rootFromPath } from "../../../protocol/merkle";
import { receiptsToSign, resultCommitments } from "../../../protocol/receipts";
import { eachWithMarket } from "./support/each-with-market";
import { CHAIN_ID, MARKET, type Market, type TestOperator } from "./support/market";
import { PROGRAM, proofs } from "./support/specs";

const programs = [PROGRAM.prove];
const usage = { wallMs: 1, cpuMs: 1, maxRssMb: 1 };

describe("results that an operator reports", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  /** An operator with all tasks of a workflow, and what it has to report of them. */
  async function working(tasks: number) {
    const operator = await market.operator({ programs, concurrency: tasks });
    await market.submit(1, proofs(tasks));
    const bodies = await operator.sync();
    const reports = bodies.flatMap(({ root, tasks: assigned }) =>
      assigned.map(({ task, attempt }): ResultReport => {
        const result = market.store.put(`proof ${task}`);
        return { workflow: 1, task, attempt, root, result, usage };
      }),
    );
    expect(reports.length).to.equal(tasks);
    return { operator, bodies, reports };
  }

  it("are refused of another attempt, operator, assignment or signer, and if they were not uploaded", async () => {
    const { operator, reports } = await working(1);
    const stranger = await market.operator({ programs: [] });
    const [report] = reports;
    const send = async (changes: Partial<ResultReport>, from: TestOperator = operator) => {
      const [error] = await from.send([{ ...report!, ...changes }]);
      return error?.code;
    };
    expect(await send({ attempt: 2 })).to.equal("attempt_stale");
    expect(await send({}, stranger)).to.equal("attempt_not_yours");
    expect(await send({ root: `0x${"00".repeat(32)}` })).to.equal("assignment_mismatch");
    expect(await send({ task: 7 })).to.equal("task_unknown");
    expect(await send({ workflow: 7 })).to.equal("workflow_unknown");
    expect(await send({ result: "ab".repeat(32) })).to.equal("result_missing");
    const others = [{ ...report!, attempt: 2 }];
    for (const forged of [await stranger.receipts([report!]), await operator.receipts(others)]) {
      const error: unknown = await operator.send([report!], forged).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(FrobenError).with.property("code", "receipt_wrong_key");
    }
    expect(await send({})).to.equal(undefined);
    expect(await send({})).to.equal(undefined);
    expect(await send({ result: market.store.put("q") })).to.equal("result_conflict");
  });

  it("are taken one by one: what is wrong with one keeps no other out", async () => {
    const { operator, bodies, reports } = await working(3);
    const [wrong] = reports.splice(1, 1, { ...reports[1]!, result: "ab".repeat(32) });
    const codes = (await operator.send(reports)).map((error) => error?.code);
    expect(codes).to.deep.equal([undefined, "result_missing", undefined]);
    for (const body of bodies) market.chain.claim(body);
    await market.settle();
    const states = market.coordinator.views.tasks(1).map(({ task, state }) => [task, state]);
    expect(Object.fromEntries(states)).to.deep.equal({
      [reports[0]!.task]: "done",
      [wrong!.task]: states.find(([task]) => task === wrong!.task)![1],
      [reports[2]!.task]: "done",
    });
    expect(await operator.send([wrong!])).to.deep.equal([null]);
    await market.settle();
    expect(market.coordinator.views.tasks(1).every(({ state }) => state === "done")).to.equal(true);
  });

  it("leave evidence, should their operator sign others: each its path to the root that was signed", async () => {
    const { operator, reports } = await working(4);
    expect(await operator.send(reports)).to.deep.equal([null, null, null, null]);
    const place = { chainId: CHAIN_ID, market: MARKET, operator: operator.address };
    const taken = market.taken(1);
    expect(taken.map(({ result }) => result)).to.have.members(reports.map(({ result }) => result));
    for (const { result, receipts } of taken) {
      const report = reports.find((one) => one.result === result)!;
      const [commitment] = resultCommitments(place, [report]);
      const { commitments, signature } = market.receipts(receipts!);
      const path = merklePath(commitments, commitments.indexOf(commitment!));
      const root = rootFromPath(commitment!, path);
      const signed = receiptsToSign(marketDomain(CHAIN_ID, MARKET), [root]);
      const signer = await recoverTypedDataAddress({ ...signed, signature });
      expect(signer.toLowerCase()).to.equal(operator.address);
    }
  });
});
