import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Hex } from "viem";
import { decodeFacts } from "../../../protocol/operations";
import { judgeHash } from "../../../protocol/terms";
import { maskOf, unpackTicket, withMask } from "../../../protocol/ticket";
import { freshWorld, operationsOf, range, type Claim } from "../support/world";

describe("Market.advance: several operations in one transaction", () => {
  it("settles, commits, takes over and claims, several of each; everything is in one event behind those of take-overs", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator, late] = w.operators;
    const due: Claim[] = [];
    for (const slot of [0, 1])
      due.push(await w.commit(await w.claim(workflow, operator!, [slot], { slot })));
    const missed = await w.claim(workflow, late!, [20, 21]);
    await time.increase(601);
    const live: Claim[] = [];
    for (const slot of [2, 3]) {
      const tasks = range(slot * 2, 2);
      live.push(await w.claim(workflow, operator!, tasks, { slot, price: 10n }));
    }
    const commits = [
      (await w.commitCall(live[0]!)).call,
      (await w.commitCall(live[1]!, { tasks: [7], partSlot: 9 })).call,
    ];
    const offers = [
      await w.offer(workflow, operator!, [20, 21, 22], { attempt: 2 }),
      await w.offer(workflow, operator!, [300], { step: 1 }),
    ];
    const holder = late!.address as Hex;
    const takeOvers = [{ holder, slot: 0, ticket: missed.ticket }];
    const claims = [w.claimCall(offers[0]!, 0, { takeOvers }), w.claimCall(offers[1]!, 1)];
    const events = await w.advance(operator!, { settles: due.map(w.settleCall), commits, claims });
    expect(events.map((event) => event.name)).to.deep.equal(["Expired", "Advanced"]);
    const facts = decodeFacts(events[1]!.args.facts as Hex);
    expect(facts.settles).to.deep.equal([0, 1]);
    expect(facts.commits.map(({ fromSlot, slot }) => [fromSlot, slot])).to.deep.equal([
      [2, 2],
      [3, 9],
    ]);
    expect(facts.claims.map(({ slot, ticket }) => ({ slot, ticket }))).to.deep.equal(
      offers.map((offer, slot) => ({ slot, ticket: w.claimFrom(offer, slot).ticket })),
    );
    const states = await Promise.all(
      [0, 1, 2, 3, 9].map(async (slot) =>
        Number((await w.market.slotOf(operator!.address, slot)).state),
      ),
    );
    expect(states).to.deep.equal([1, 1, 2, 1, 2]);
    expect((await w.account(operator!.address)).owed).to.equal(2_000n + 201n);
  });

  it("claims into slots that it has just settled, with the stake that it has just unlocked", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps({ bond: 6_000_000n }) });
    const [operator] = w.operators;
    const batch = await w.matured(workflow, operator!, [0]);
    const offer = await w.offer(workflow, operator!, [1]);
    await w.refusesOperations(operator!, { claims: [w.claimCall(offer, 1)] }, "StakeInsufficient", [
      4_000_000n,
      6_000_000n,
    ]);
    const settles = [w.settleCall(batch)];
    await w.advance(operator!, { settles, claims: [w.claimCall(offer)] });
  });

  it("takes all or nothing: one bad operation undoes the others", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const batch = await w.matured(workflow, operator!, [0]);
    const taken = await w.offer(workflow, operator!, [0], { attempt: 2 });
    const fresh = await w.offer(workflow, operator!, [1]);
    await w.refusesOperations(
      operator!,
      { settles: [w.settleCall(batch)], claims: [w.claimCall(fresh, 1), w.claimCall(taken, 2)] },
      "TaskTaken",
      [0, 2],
    );
    expect((await w.account(operator!.address)).locked).to.equal(501n);
  });

  it("refuses what was claimed in the same transaction: to be committed, claimed again, or put in its slot", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const offer = await w.offer(workflow, operator!, [0]);
    const { call } = await w.commitCall(w.claimFrom(offer, 0));
    const claims = [w.claimCall(offer)];
    // Commits come before claims, whatever order the sender thinks of.
    await w.refusesOperations(operator!, { commits: [call], claims }, "SlotState", [0, 0, 1]);
    const twice = [...claims, w.claimCall(offer, 1)];
    await w.refusesOperations(operator!, { claims: twice }, "TaskTaken", [0, 1]);
    const other = await w.offer(workflow, operator!, [1]);
    const sameSlot = [...claims, w.claimCall(other, 0)];
    await w.refusesOperations(operator!, { claims: sameSlot }, "SlotBusy", [0]);
  });

  it("refuses to settle what was committed in the same transaction", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    const { call, batch } = await w.commitCall(claim);
    const settles = [w.settleCall(batch)];
    await w.refusesOperations(operator!, { settles, commits: [call] }, "SlotState", [0, 1, 2]);
  });

  it("settles, and claims, 64 batches of one at once", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claims: Claim[] = [];
    for (const slot of range(0, 64))
      claims.push(w.claimFrom(await w.offer(workflow, operator!, [slot]), slot));
    await w.advance(operator!, {
      claims: claims.map(({ offer, slot }) => w.claimCall(offer, slot)),
    });
    const made = await Promise.all(claims.map((claim) => w.commitCall(claim)));
    await w.advance(operator!, { commits: made.map(({ call }) => call) });
    await time.increase(300);
    await w.advance(operator!, { settles: made.map(({ batch }) => w.settleCall(batch)) });
    expect((await w.account(operator!.address)).owed).to.equal(64_000n);
  });
});

describe("What Advanced says of a claim", () => {
  it("is its whole ticket and its claim time, also for some tasks of an assignment and for a final task", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const part = await w.offer(workflow, operator!, [7, 8, 9], { price: 12n });
    const final = await w.offer(workflow, operator!, [492], { step: 2 });
    const claims = [w.claimCall(part, 65_535, { claimMask: maskOf([8]) }), w.claimCall(final, 1)];
    const [event] = await w.advance(operator!, { claims });
    const logged = decodeFacts(event!.args.facts as Hex).claims;
    expect(logged).to.deep.equal([
      {
        slot: 65_535,
        assignment: part.assignment,
        ticket: withMask(w.claimFrom(part, 0).ticket, maskOf([8])),
        claimTime: 600,
      },
      {
        slot: 1,
        assignment: final.assignment,
        ticket: w.claimFrom(final, 1).ticket,
        claimTime: 600,
      },
    ]);
    expect(unpackTicket(logged[1]!.ticket)).to.include({ window: 0, bond: 2_000n });
    expect(logged[1]!.ticket.judgeHash).to.equal(judgeHash(workflow.steps[2]!.judge));
  });

  it("is exactly the facts that were sent", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const offer = await w.offer(await w.open(), operator!, [0]);
    const bytes = operationsOf({ claims: [w.claimCall(offer)] });
    const [event] = await w.send(operator!, "advance", [bytes]);
    const length = Number(BigInt(bytes.slice(0, 6)));
    expect(event!.args.facts).to.equal(`0x${bytes.slice(6, 6 + 2 * length)}`);
  });
});
