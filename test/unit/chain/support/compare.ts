import { expect } from "chai";
import { zeroAddress, type Address, type Hex } from "viem";
import type { Db } from "../../../../offchain/db/client";
import {
  chainAccounts,
  chainBatches,
  chainDisputes,
  chainTasks,
  chainWorkflows,
} from "../../../../offchain/db/schema/chain";
import { marketAbi } from "../../../../protocol/abi";
import { commitmentsRoot } from "../../../../protocol/commitment";
import { workflowTerms, type StepTerms } from "../../../../protocol/terms";
import { batchHash, ticketHash } from "../../../../protocol/ticket";
import type { TestChain } from "../../../support/chain";

/** Phases of a dispute in the contract by ours; votes are opened while it is voting. */
const PHASES = { demanded: [1], revealed: [2], drawing: [3], voting: [4, 5], closed: [6] };
const STATES = { empty: 3, credited: 3, claimed: 1, committed: 2 };
const DIGEST = (1n << 200n) - 1n;

/** Holds the chain tables against everything that the contract can be asked for. */
export async function compare(chain: TestChain, db: Db, people: Address[]): Promise<void> {
  const read = chain.client.readContract.bind(chain.client);
  const base = { address: chain.market, abi: marketAbi } as const;

  for (const person of people) {
    const ours = db.select().from(chainAccounts).all();
    const row = ours.find(({ address }) => address === person.toLowerCase());
    const [free, locked, owed] = await read({
      ...base,
      functionName: "accountOf",
      args: [person],
    });
    const [unbonding] = await read({ ...base, functionName: "unbondingOf", args: [person] });
    const delegate = await read({ ...base, functionName: "delegateOf", args: [person] });
    expect({
      free: row?.free ?? 0n,
      locked: row?.locked ?? 0n,
      owed: row?.owed ?? 0n,
      unbonding: row?.unbonding ?? 0n,
      delegate: row?.delegate ?? zeroAddress,
    }).deep.equal({ free, locked, owed, unbonding, delegate: delegate.toLowerCase() }, person);
  }

  for (const row of db.select().from(chainWorkflows).all()) {
    const theirs = await read({ ...base, functionName: "workflowOf", args: [row.workflow] });
    const [requester, coordinator, status, feeBps, deadline, escrow, refunded, terms] = theirs;
    expect(row).include({
      requester: requester.toLowerCase(),
      coordinator: coordinator.toLowerCase(),
      status,
      feeBps,
      deadline,
      escrow,
      refunded,
    });
    expect(workflowTerms(row.coordinator, row.steps.map(toTerms))).equal(terms);
    const [, spent] = await read({
      ...base,
      functionName: "taskWordOf",
      args: [row.workflow, 0],
    });
    expect(row.spent, "spent").equal(spent);
  }

  for (const row of db.select().from(chainBatches).all()) {
    const name = `slot ${row.slot} of ${row.operator}`;
    const [state, time, removed, voided, digest] = await read({
      ...base,
      functionName: "slotOf",
      args: [row.operator, row.slot],
    });
    expect(STATES[row.state], name).equal(state);
    if (row.state !== "claimed" && row.state !== "committed") continue;
    const live = row.state === "claimed";
    const hash = live ? ticketHash(row) : batchHash(row, commitmentsRoot(row.commitments));
    expect(
      {
        time: live ? row.deadline : row.maturesAt,
        removed: row.removed.length,
        voided: row.voided.length,
        digest: BigInt(hash) & DIGEST,
      },
      name,
    ).deep.equal({ time, removed, voided, digest });
  }

  for (const row of db.select().from(chainDisputes).all()) {
    const theirs = await read({ ...base, functionName: "disputeOf", args: [row.key] });
    expect(PHASES[row.phase], row.key).include(theirs.phase);
    expect(row.callerBond, row.key).equal(theirs.callerBond);
    expect(row.operator, row.key).equal(theirs.operator.toLowerCase());
    if (row.phase === "closed" || row.phase === "drawing") continue;
    const closesAt = theirs.phase === 4 ? theirs.until + row.window : theirs.until;
    expect(row.closesAt, row.key).equal(closesAt);
  }

  // What became of each task's newest attempt.
  for (const { workflow, task, attempt, pay } of db.select().from(chainTasks).all()) {
    const args = [workflow, task, attempt] as const;
    const fate = await read({ ...base, functionName: "fateOf", args });
    const [ended, open] = await read({ ...base, functionName: "retryOf", args: [workflow, task] });
    const claimable = open && ended === attempt;
    const name = `task ${task}, attempt ${attempt}, ${pay}`;
    if (pay === "struck") expect(fate.isStruck, name).equal(true);
    if (pay === "disputed") expect([fate.hasLeft, fate.isStruck], name).deep.equal([true, false]);
    expect(claimable, name).equal(!["claimed", "committed", "disputed", "settled"].includes(pay));
  }
}

/** As the event gave them. */
function toTerms(step: (typeof chainWorkflows.$inferSelect)["steps"][number]): StepTerms {
  const { ceiling, bond, judge } = step;
  const jurorFee = BigInt(judge.jurorFee);
  return {
    ...step,
    ceiling: BigInt(ceiling),
    bond: BigInt(bond),
    judge: { ...judge, jurorFee, openRoot: judge.openRoot as Hex },
  };
}
