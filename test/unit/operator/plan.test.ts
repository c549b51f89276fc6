import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "viem";
import type { Slot } from "../../../operator/chain/slots";
import { plan } from "../../../operator/plan/plan";
import type {
  PlanHolding,
  PlanPolicy,
  PlanState,
  PlanTask,
} from "../../../operator/plan/plan-types";
import { RULE } from "../../../protocol/terms";
import { maskOf, packTicket, type Claim } from "../../../protocol/ticket";

const policy: PlanPolicy = {
  commitPatience: 15,
  settlePatience: 5,
  deadlineMargin: 20,
  maxParts: 16,
};
const rootOf = (id: number): Hex => `0x${id.toString(16).padStart(64, "0")}`;
const commitmentOf = (task: number): Hex => `0x${(task + 1).toString(16).padStart(64, "c")}`;

function slotOf(
  number: number,
  state: Slot["state"],
  { deadline = 1100, ...changes }: Partial<Claim> & { deadline?: number },
  maturesAt = 0,
): Slot {
  const claim: Claim = {
    workflow: 1,
    step: 0,
    attempt: 1,
    word: 0,
    price: 10n,
    bond: 5n,
    rule: RULE.accepted,
    window: 10,
    open: false,
    mask: 0b111n,
    root: rootOf(1),
    judgeHash: rootOf(0),
    ...changes,
  };
  const commitments = state === "committed" ? [commitmentOf(0)] : [];
  const ticket = packTicket(claim);
  return { slot: number, state, ticket, claim, deadline, commitments, maturesAt };
}
const pending = (task: number): PlanTask => ({ task, state: "pending" });
const dead = (task: number): PlanTask => ({ task, state: "dead" });
const ready = (task: number, since = 1000): PlanTask => ({
  task,
  state: "committable",
  commitment: commitmentOf(task),
  since,
});
const holding = (
  id: number,
  tasks: PlanTask[],
  changes: Partial<PlanHolding> = {},
): PlanHolding => ({
  workflow: 1,
  root: rootOf(id),
  id,
  claimable: false,
  claimBy: 1050,
  mask: maskOf(tasks.map((task) => task.task)),
  word: 0,
  bond: 5n,
  rule: RULE.accepted,
  isFinal: false,
  tasks,
  ...changes,
});
const state = (changes: Partial<PlanState>): PlanState => ({
  slots: [],
  holdings: [],
  freeStake: 100n,
  busy: new Set(),
  ...changes,
});

describe("the planner of an operator's next transaction", () => {
  it("commits no more at once than the contract can log, and the rest with the next transaction", () => {
    const all = Array.from({ length: 128 }, (_, task) => task);
    const mask = maskOf(all);
    const ids = Array.from({ length: 16 }, (_, id) => id);
    const slots = ids.map((id) => slotOf(id, "claimed", { mask, root: rootOf(id) }));
    const holdings = ids.map((id) =>
      holding(
        id,
        all.map((task) => ready(task)),
      ),
    );
    const { commits } = plan(state({ slots, holdings }), 1_000, policy);
    expect(commits.length).to.equal(12);
    const bytes = commits.reduce((sum, { commitments }) => sum + 4 + 32 * commitments.length, 0);
    expect(bytes).to.be.below(2 ** 16);
    const rest = { slots: slots.slice(12), holdings: holdings.slice(12) };
    expect(plan(state(rest), 1_000, policy).commits.length).to.equal(4);
  });

  const claimed = slotOf(0, "claimed", {});

  it("commits a claim whole when all its results are there", () => {
    const holdings = [holding(1, [ready(0), ready(1), ready(2)])];
    const { commits } = plan(state({ slots: [claimed], holdings }), 1001, policy);
    expect(commits).to.have.length(1);
    expect(commits[0]).to.include({ subMask: 0n, mask: 0b111n, needsAcceptance: true });
    expect(commits[0]!.commitments).to.deep.equal([0, 1, 2].map(commitmentOf));
  });

  it("leaves alone what a transaction under way changes", () => {
    const matured = slotOf(1, "committed", {}, 900);
    const credited = slotOf(2, "credited", {});
    const holdings = [
      holding(1, [ready(0), ready(1), ready(2)]),
      holding(2, [pending(0)], { claimable: true }),
    ];
    const busy = new Set([0, 1, 2, 3]);
    const next = plan(state({ slots: [claimed, matured, credited], holdings, busy }), 1001, policy);
    expect(next.commits).to.deep.equal([]);
    expect(next.settles).to.deep.equal([]);
    expect(
      next.claims.map(({ slot }) => slot),
      "neither is 3 free any more",
    ).to.deep.equal([4]);
  });

  it("lets finished results wait for the others of their claim, but not too long", () => {
    const holdings = [holding(1, [ready(0), pending(1), ready(2, 1005)])];
    const waiting = state({ slots: [claimed], holdings });
    expect(plan(waiting, 1014, policy).commits).to.deep.equal([]);
    const [commit] = plan(waiting, 1015, policy).commits;
    expect(commit).to.include({ subMask: 0b101n, partSlot: 1 });
    expect(commit!.commitments).to.deep.equal([0, 2].map(commitmentOf));
  });

  it("commits what is there before the claim's deadline, and nothing after it", () => {
    const holdings = [holding(1, [ready(0, 1079), pending(1), pending(2)])];
    const late = state({ slots: [claimed], holdings });
    expect(plan(late, 1079, policy).commits).to.deep.equal([]);
    expect(plan(late, 1080, policy).commits).to.have.length(1);
    expect(plan(late, 1100, policy).commits).to.deep.equal([]);
  });

  it("commits the good part of a claim first, and gives the failed rest back afterwards", () => {
    const holdings = [holding(1, [ready(0), dead(1), ready(2)])];
    const first = plan(state({ slots: [claimed], holdings }), 1001, policy);
    expect(first.commits[0]).to.include({ subMask: 0b101n });
    expect(first.exits).to.deep.equal([]);
    const rest = slotOf(0, "claimed", { mask: 0b010n });
    const second = plan(state({ slots: [rest], holdings }), 1003, policy);
    expect(second.commits).to.deep.equal([]);
    expect(second.exits[0]).to.include({ kind: "concede", subMask: 0b010n });
    expect(second.exits[0]!.commitments, "there is no result to name").to.deep.equal([
      `0x${"00".repeat(32)}`,
    ]);
  });

  it("does not wait for a task that is dead", () => {
    const holdings = [holding(1, [ready(0), dead(1), dead(2)])];
    expect(plan(state({ slots: [claimed], holdings }), 1001, policy).commits).to.have.length(1);
  });

  it("gives a task back with the coordinator's signature rather than conceding it", () => {
    const released: PlanTask = { task: 1, state: "dead", release: "0x12" };
    const holdings = [holding(1, [pending(0), released, pending(2)])];
    const { exits } = plan(state({ slots: [claimed], holdings }), 1001, policy);
    expect(exits).to.have.length(1);
    expect(exits[0]).to.include({ kind: "release", subMask: 0b010n, signature: "0x12" });
  });

  it("ends its own claim once that is late, also one that it no longer knows", () => {
    const holdings = [holding(1, [pending(0), pending(1), pending(2)])];
    const unknown = slotOf(1, "claimed", { root: rootOf(9) });
    const late = state({ slots: [claimed, unknown], holdings });
    expect(plan(late, 1100, policy).exits).to.deep.equal([]);
    const { exits } = plan(late, 1101, policy);
    expect(exits.map(({ kind, slot }) => [kind, slot])).to.deep.equal([
      ["expire", 0],
      ["expire", 1],
    ]);
  });

  it("never concedes under rule verifier, where nobody would take it", () => {
    const slot = slotOf(0, "claimed", { rule: RULE.verifier });
    const holdings = [holding(1, [dead(0), dead(1), dead(2)], { rule: RULE.verifier })];
    expect(plan(state({ slots: [slot], holdings }), 1001, policy).exits).to.deep.equal([]);
  });

  it("gives a dead task back without a signature when time runs out, which costs less than being late", () => {
    const slot = slotOf(0, "claimed", { rule: RULE.verifier });
    const holdings = [holding(1, [dead(0), pending(1), dead(2)], { rule: RULE.verifier })];
    expect(plan(state({ slots: [slot], holdings }), 1079, policy).exits).to.deep.equal([]);
    const { exits } = plan(state({ slots: [slot], holdings }), 1080, policy);
    expect(exits).to.have.length(1);
    expect(exits[0]).to.include({ kind: "release", subMask: 0b101n, signature: "0x" });
  });

  it("leaves a final step's result to its own transaction", () => {
    const holdings = [holding(1, [ready(0)], { isFinal: true, rule: RULE.verifier })];
    const slot = slotOf(0, "claimed", { mask: 1n, rule: RULE.verifier });
    expect(plan(state({ slots: [slot], holdings }), 1099, policy).commits).to.deep.equal([]);
  });

  it("settles a matured batch in company, or when it has waited long enough", () => {
    const matured = slotOf(0, "committed", {}, 1000);
    expect(plan(state({ slots: [matured] }), 1004, policy).settles).to.deep.equal([]);
    expect(plan(state({ slots: [matured] }), 1005, policy).settles).to.have.length(1);
    const holdings = [holding(2, [pending(9)], { claimable: true })];
    const both = plan(state({ slots: [matured], holdings }), 1000, policy);
    expect(both.settles).to.have.length(1);
    expect(both.claims[0]!.slot, "the settled slot is used again at once").to.equal(0);
  });

  it("never settles before maturity", () => {
    const early = slotOf(0, "committed", {}, 1001);
    expect(plan(state({ slots: [early] }), 1000, policy).settles).to.deep.equal([]);
  });

  it("claims no more than its stake covers, the most urgent first", () => {
    const holdings = [
      holding(0, [pending(0), pending(1)], { claimable: true, claimBy: 1040 }),
      holding(1, [pending(2)], { claimable: true, claimBy: 1030 }),
    ];
    const { claims } = plan(state({ holdings, freeStake: 12n }), 1000, policy);
    expect(claims.map((claim) => claim.id)).to.deep.equal([1]);
  });

  it("claims only the part of an assignment that is still alive", () => {
    const holdings = [holding(0, [dead(3), pending(4)], { claimable: true })];
    const { claims } = plan(state({ holdings }), 1000, policy);
    expect(claims).to.deep.equal([{ slot: 0, id: 0, claimMask: 0b10000n }]);
  });

  it("claims nothing whose time is over, or all of whose tasks are dead", () => {
    const holdings = [
      holding(0, [pending(0)], { claimable: true, claimBy: 1000 }),
      holding(1, [dead(1)], { claimable: true }),
    ];
    expect(plan(state({ holdings }), 1000, policy).claims).to.deep.equal([]);
  });

  describe("whatever the state", () => {
    const taskState = fc.constantFrom<PlanTask["state"]>("pending", "committable", "dead");
    const world = fc
      .array(
        fc.record({
          slot: fc.constantFrom<Slot["state"] | "wanted">(
            "claimed",
            "committed",
            "credited",
            "wanted",
          ),
          tasks: fc.array(taskState, { minLength: 1, maxLength: 6 }),
          deadline: fc.integer({ min: 900, max: 1200 }),
          maturesAt: fc.integer({ min: 900, max: 1200 }),
          rule: fc.constantFrom(RULE.accepted, RULE.verifier),
          bond: fc.bigInt({ min: 0n, max: 20n }),
          released: fc.boolean(),
        }),
        { maxLength: 40 },
      )
      .map((rows) => {
        const slots: Slot[] = [];
        const holdings = rows.map((row, id) => {
          const tasks = row.tasks.map((kind, task): PlanTask => {
            if (kind === "committable") return ready(task, row.maturesAt - 50);
            return kind === "dead" && row.released
              ? { ...dead(task), release: "0x01" }
              : { task, state: kind };
          });
          const one = holding(id, tasks, {
            claimable: row.slot === "wanted",
            claimBy: row.deadline,
            rule: row.rule,
            bond: row.bond,
          });
          const claim = {
            root: rootOf(id),
            mask: one.mask,
            deadline: row.deadline,
            rule: row.rule,
          };
          if (row.slot !== "wanted") slots.push(slotOf(id * 3, row.slot, claim, row.maturesAt));
          return one;
        });
        return { slots, holdings, freeStake: 60n, busy: new Set<number>() };
      });
    const now = 1000;

    it("no slot is used twice, and none that holds something", () => {
      fc.assert(
        fc.property(world, (world) => {
          const next = plan(world, now, policy);
          const settled = new Set(next.settles.map((settle) => settle.slot));
          const taken = [
            ...next.claims.map((claim) => claim.slot),
            ...next.commits.flatMap((c) => (c.subMask === 0n ? [] : [c.partSlot])),
          ];
          expect(new Set(taken).size).to.equal(taken.length);
          for (const number of taken) {
            const slot = world.slots.find((one) => one.slot === number);
            expect(!slot || slot.state === "credited" || settled.has(number)).to.equal(true);
          }
        }),
      );
    });

    it("of a claimed slot at most one thing happens, and what happens lies within its tasks", () => {
      fc.assert(
        fc.property(world, (world) => {
          const { commits, exits } = plan(world, now, policy);
          const touched = [...commits, ...exits].map((part) => part.slot);
          expect(new Set(touched).size).to.equal(touched.length);
          for (const { slot, subMask, mask, commitments } of commits) {
            const { claim, deadline } = world.slots.find((one) => one.slot === slot)!;
            expect(mask & ~claim.mask).to.equal(0n);
            expect(subMask === 0n ? claim.mask : subMask).to.equal(mask);
            expect(commitments).to.have.length(mask.toString(2).replaceAll("0", "").length);
            expect(deadline).to.be.greaterThan(now);
          }
        }),
      );
    });

    it("claims stay within the free stake, and settles within maturity", () => {
      fc.assert(
        fc.property(world, (world) => {
          const { claims, settles } = plan(world, now, policy);
          const bonds = claims.reduce((sum, claim) => {
            const one = world.holdings[claim.id]!;
            const live = one.tasks.filter((task) => task.state !== "dead").length;
            return sum + one.bond * BigInt(live);
          }, 0n);
          expect(bonds <= world.freeStake).to.equal(true);
          for (const { slot } of settles)
            expect(world.slots.find((one) => one.slot === slot)!.maturesAt).to.be.at.most(now);
        }),
      );
    });

    it("near a deadline nothing committable is left behind", () => {
      fc.assert(
        fc.property(world, (world) => {
          const { commits } = plan(world, now, { ...policy, maxParts: 1000 });
          for (const slot of world.slots) {
            const { deadline } = slot;
            const { root } = slot.claim;
            if (slot.state !== "claimed" || now >= deadline || now < deadline - 20) continue;
            const { tasks } = world.holdings.find((one) => one.root === root)!;
            const wants = tasks.some((task) => task.state === "committable");
            expect(commits.some((commit) => commit.slot === slot.slot)).to.equal(wants);
          }
        }),
      );
    });
  });
});
