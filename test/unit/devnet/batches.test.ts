import { expect } from "chai";
import { slice, type Hex } from "viem";
import { Batches, type BatchTask } from "../../../devnet/batches";
import {
  encodeOperations,
  type ClaimOperation,
  type Operations,
} from "../../../protocol/operations";
import { packTicket, unpackTicket, type Ticket } from "../../../protocol/ticket";

const ALICE = `0x${"0a".repeat(20)}` as const;
const ZERO: Hex = `0x${"00".repeat(32)}`;
const ticket = packTicket({
  workflow: 7,
  step: 0,
  attempt: 1,
  word: 0,
  price: 10n,
  bond: 5n,
  rule: 0,
  window: 20,
  open: false,
  mask: 0b1111n,
  root: ZERO,
  judgeHash: ZERO,
});

/** What the contract logs of operations. */
function facts(parts: Partial<Operations>): Hex {
  const encoded = encodeOperations({ settles: [], commits: [], claims: [], ...parts });
  return slice(encoded, 2, 2 + Number(slice(encoded, 0, 2)));
}

function claimOf(slot: number, of: Ticket = ticket): ClaimOperation {
  const { workflow, step, attempt, word, mask, price, root, bond, rule, window } = unpackTicket(of);
  const judge = { verifier: `0x${"00".repeat(20)}` as Hex, verifierGas: 0, maxReveal: 0 };
  const none = { checkProgram: ZERO, jurorFee: 0n, openRoot: ZERO };
  const range = { firstTask: 0, maxTasks: 192, ceiling: price, bond, claimTime: 100, window };
  return {
    slot,
    assignment: { workflow, step, attempt, word, mask, price, claimBy: 1, root },
    claimMask: 0n,
    signature: "0x",
    opening: { terms: { ...range, rule, isFinal: false, judge: { ...judge, ...none } }, path: [] },
    takeOvers: [],
  };
}

const commitOf = (slot: number, subMask = 0n, partSlot = 0) => ({
  slot,
  ticket,
  subMask,
  partSlot,
  commitments: [],
  acceptance: "0x" as const,
});
const settleOf = (slot: number) => ({ slot, ticket, commitmentsRoot: ZERO });
const task = (n: number, changes: Partial<BatchTask> = {}): BatchTask => ({
  operator: ALICE,
  slot: 0,
  workflow: 7,
  task: n,
  attempt: 1,
  ...changes,
});

describe("what settled batches pay, from events alone", () => {
  let batches: Batches;
  const advance = (parts: Partial<Operations>) => batches.advance(ALICE, facts(parts));
  const paid = (slot = 0) => advance({ settles: [settleOf(slot)] }).pays;
  beforeEach(() => {
    batches = new Batches();
    advance({ claims: [claimOf(0)] });
  });

  it("is the price of each of their tasks", () => {
    advance({ commits: [commitOf(0)] });
    expect(paid()).to.deep.equal([{ workflow: 7, pay: 40n }]);
  });

  it("leaves out tasks that were struck, disputed or void, each once, however often it is hit", () => {
    advance({ commits: [commitOf(0)] });
    batches.leave(task(0));
    batches.leave(task(2));
    batches.leave(task(2));
    expect(paid()).to.deep.equal([{ workflow: 7, pay: 20n }]);
  });

  it("is not touched by what happens to other attempts, workflows and tasks", () => {
    advance({ commits: [commitOf(0)] });
    for (const other of [{ attempt: 2 }, { workflow: 8 }, { task: 9 }, { slot: 1 }])
      batches.leave(task(0, other));
    expect(paid()).to.deep.equal([{ workflow: 7, pay: 40n }]);
  });

  it("follows parts of a claim into their slots, and what comes back out of it", () => {
    advance({ commits: [commitOf(0, 0b0011n, 1)] });
    batches.shrink(ALICE, 0, 0b0100n);
    advance({ commits: [commitOf(0)] });
    expect(paid(1)).to.deep.equal([{ workflow: 7, pay: 20n }]);
    expect(paid(0)).to.deep.equal([{ workflow: 7, pay: 10n }]);
  });

  it("comes with the workflow that each operation is about", () => {
    const other = packTicket({ ...unpackTicket(ticket), workflow: 8 });
    const { workflows } = advance({ commits: [commitOf(0)], claims: [claimOf(1, other)] });
    expect(workflows).to.deep.equal([7, 8]);
  });
});
