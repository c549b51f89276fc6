import { expect } from "chai";
import { recoverTypedDataAddress, type Hex } from "viem";
import { systemClock } from "../../../operator/clock";
import { openJournal, type Journal } from "../../../operator/journal/journal";
import { createResultOutbox } from "../../../operator/tasks/result-outbox";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { marketDomain } from "../../../protocol/eip712";
import { FrobenError } from "../../../protocol/errors";
import type { ResultReport, ResultsReport, ResultsResponse } from "../../../protocol/http";
import { LIMITS } from "../../../protocol/limits";
import { receiptsToSign, resultCommitments } from "../../../protocol/receipts";
import { CHAIN_ID, MARKET, operator as account } from "./assignment-fixture";

const report = (task: number, text = `result ${task}`): ResultReport => ({
  workflow: 7,
  task,
  attempt: 1,
  root: toBytes32(sha256("root")),
  result: sha256(text),
  usage: { wallMs: 1, cpuMs: 1, maxRssMb: 1 },
});

const codeOf = (sending: Promise<void>): Promise<string> =>
  sending.then(
    () => "taken",
    (error: unknown) => (error as FrobenError).code,
  );

describe("the results that wait to be reported", () => {
  let journal: Journal;
  beforeEach(() => (journal = openJournal(":memory:", systemClock)));
  afterEach(() => journal.close());

  /** @param answer the coordinator's, to each request */
  function outboxTo(answer: (body: ResultsReport) => Promise<ResultsResponse["outcomes"]>) {
    const requests: ResultsReport[] = [];
    const outbox = createResultOutbox({
      chain: { chainId: CHAIN_ID, market: MARKET },
      account,
      operator: account.address,
      journal,
      coordinator: {
        results(body) {
          requests.push(body);
          return answer(body);
        },
      },
      signal: new AbortController().signal,
    });
    return { outbox, requests };
  }
  const takeAll = ({ results }: ResultsReport) => Promise.resolve(results.map(() => null));

  it("travel together, as many as a request may have, under one signature that names them all", async () => {
    const { outbox, requests } = outboxTo(takeAll);
    const count = LIMITS.maxBatch + 3;
    await Promise.all(Array.from({ length: count }, (_, task) => outbox.send(report(task))));
    expect(requests.map(({ results }) => results.length)).to.deep.equal([LIMITS.maxBatch, 3]);
    const place = { chainId: CHAIN_ID, market: MARKET, operator: account.address };
    for (const { results, receipts } of requests) {
      const commitments = resultCommitments(place, results);
      const signed = receiptsToSign(marketDomain(CHAIN_ID, MARKET), commitments);
      const signature = receipts as Hex;
      expect(await recoverTypedDataAddress({ ...signed, signature })).to.equal(account.address);
    }
  });

  it("wait while a request is on its way, and travel with the next", async () => {
    let arrive = (): void => undefined;
    const first = new Promise<void>((resolve) => (arrive = resolve));
    const { outbox, requests } = outboxTo(async (body) => {
      if (body.results[0]!.task === 0) {
        later = [1, 2].map((task) => outbox.send(report(task)));
        await first;
      }
      return takeAll(body);
    });
    let later: Promise<void>[] = [];
    const sending = outbox.send(report(0));
    arrive();
    await sending;
    await Promise.all(later);
    expect(requests.map(({ results }) => results.map(({ task }) => task))).to.deep.equal([
      [0],
      [1, 2],
    ]);
  });

  it("end each as the coordinator says: one that is refused holds up no other", async () => {
    const refused = new FrobenError("attempt_stale", "another has taken its place").toJSON();
    const { outbox } = outboxTo(({ results }) =>
      Promise.resolve(results.map(({ task }) => (task === 1 ? refused : null))),
    );
    const codes = [0, 1, 2].map((task) => codeOf(outbox.send(report(task))));
    expect(await Promise.all(codes)).to.deep.equal(["taken", "attempt_stale", "taken"]);
  });

  it("are not signed if another was for the attempt, in this life or before", async () => {
    const { outbox, requests } = outboxTo(takeAll);
    await outbox.send(report(0));
    const again = outboxTo(takeAll); // the next life has the same journal
    const codes = [report(0), report(0, "other"), report(1)].map((one) =>
      codeOf(again.outbox.send(one)),
    );
    expect(await Promise.all(codes)).to.deep.equal(["taken", "receipt_conflict", "taken"]);
    const sent = [...requests, ...again.requests].flatMap(({ results }) => results);
    expect(sent.map(({ result }) => result)).not.to.include(sha256("other"));
  });

  it("all fail with a request that fails, and the next ones do not", async () => {
    let broken = true;
    const { outbox } = outboxTo((body) => {
      if (!broken) return takeAll(body);
      broken = false;
      return Promise.reject(new FrobenError("coordinator_unreachable", "no answer"));
    });
    const codes = [0, 1].map((task) => codeOf(outbox.send(report(task))));
    expect(await Promise.all(codes)).to.deep.equal([
      "coordinator_unreachable",
      "coordinator_unreachable",
    ]);
    expect(await codeOf(outbox.send(report(0)))).to.equal("taken");
  });
});
