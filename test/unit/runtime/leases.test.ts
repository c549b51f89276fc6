import { expect } from "chai";
import fc from "fast-check";
import { Heap } from "../../../offchain/runtime/heap";
import { Leases } from "../../../offchain/runtime/leases";
import { afterFailure } from "../../../offchain/runtime/retry";

const limits = { startSeconds: 10, runSeconds: 60, silenceSeconds: 5 };

describe("leases", () => {
  it("end when an attempt is not named in time", () => {
    const leases = new Leases<string>();
    leases.open("a", limits, 0);
    expect(leases.expired(9_999)).to.deep.equal([]);
    expect(leases.expired(10_000)).to.deep.equal([{ key: "a", end: "start_timeout" }]);
    expect(leases.expired(99_999)).to.deep.equal([]);
  });

  it("end when an operator falls silent, before and after the start", () => {
    const leases = new Leases<string>();
    for (const key of ["queued", "running"]) {
      leases.open(key, limits, 0);
      leases.hear(key, 1_000);
    }
    leases.start("running", 1_000);
    leases.hear("running", 4_000);
    expect(leases.expired(6_000)).to.deep.equal([{ key: "queued", end: "silence" }]);
    expect(leases.expired(9_000)).to.deep.equal([{ key: "running", end: "silence" }]);
  });

  it("end when a run takes too long, however much is heard", () => {
    const leases = new Leases<string>();
    leases.open("a", limits, 0);
    leases.start("a", 2_000);
    const ended = [];
    for (let now = 2_000; now < 70_000; now += 1_000) {
      leases.hear("a", now);
      ended.push(...leases.expired(now).map((e) => ({ ...e, now })));
    }
    expect(ended).to.deep.equal([{ key: "a", end: "run_timeout", now: 62_000 }]);
  });

  it("let a task wait for those before it in its operator's queue", () => {
    const leases = new Leases<string>();
    leases.open("second", limits, 0, 1);
    for (let now = 0; now <= 70_000; now += 1_000) {
      leases.hear("second", now);
      const ended = leases.expired(now);
      if (now < 70_000) expect(ended).to.deep.equal([]);
      else expect(ended).to.deep.equal([{ key: "second", end: "start_timeout" }]);
    }
  });
});

describe("retries", () => {
  const policy = { attempts: 3, backoffSeconds: 2 };

  it("wait twice as long after each failure", () => {
    expect(afterFailure(policy, "failed", 0, 0, 1_000)).to.deep.equal({
      kind: "retry",
      failures: 1,
      notBefore: 3_000,
    });
    expect(afterFailure(policy, "silence", 1, 0, 1_000)).to.include({ notBefore: 5_000 });
  });

  it("end with the step's number of attempts", () => {
    expect(afterFailure(policy, "invalid", 2, 0, 0)).to.deep.equal({
      kind: "give_up",
      failures: 3,
    });
  });

  it("end when two operators refuse the inputs, not when one does", () => {
    expect(afterFailure(policy, "refused", 0, 1, 0).kind).to.equal("retry");
    expect(afterFailure(policy, "refused", 1, 2, 0).kind).to.equal("give_up");
  });

  it("don't count what nobody claimed and what was taken back", () => {
    expect(afterFailure(policy, "unclaimed", 2, 0, 7)).to.deep.equal({
      kind: "retry",
      failures: 2,
      notBefore: 7,
    });
    expect(afterFailure(policy, "withdrawn", 2, 0, 7).kind).to.equal("retry");
  });

  it("don't count what its operator did not accept, but wait, as nobody else may be there", () => {
    const expected = (notBefore: number) => ({ kind: "retry", failures: 2, notBefore });
    const quick = { ...policy, backoffSeconds: 0 };
    expect(afterFailure(quick, "declined", 2, 0, 7)).to.deep.equal(expected(1_007));
    expect(afterFailure(policy, "declined", 2, 0, 7)).to.deep.equal(expected(2_007));
  });
});

describe("the heap", () => {
  it("gives items back in order, also when others are taken out of the middle", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer(), fc.boolean()), { maxLength: 80 }), (entries) => {
        const items = entries.map(([value, keep], id) => ({ value, keep, id }));
        const heap = new Heap<(typeof items)[number]>((a, b) => a.value < b.value);
        for (const item of items) heap.push(item);
        for (const item of items) if (!item.keep) expect(heap.remove(item)).to.equal(true);
        const out: number[] = [];
        for (let top = heap.pop(); top; top = heap.pop()) out.push(top.value);
        const kept = items.filter(({ keep }) => keep).map(({ value }) => value);
        expect(out).to.deep.equal(kept.sort((a, b) => a - b));
      }),
    );
  });
});
