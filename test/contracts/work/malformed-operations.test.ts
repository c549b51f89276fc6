import { expect } from "chai";
import { concatHex, size, slice, toHex, type Hex } from "viem";
import { maskOf } from "../../../protocol/ticket";
import { freshWorld, operationsOf, range, type Parts, type World } from "../support/world";

const NOTHING: Hex = "0x0003000000";
/** Length of the facts, three counts. */
const HEAD = 5;
/** From the start of a commit, and of a claim, to the byte that says whether it is of some tasks only. */
const COMMIT_KIND = HEAD + 3;
const CLAIM_KIND = HEAD + 80;

/** The same bytes but one. */
const withByte = (bytes: Hex, at: number, value: number): Hex =>
  concatHex([slice(bytes, 0, at), toHex(value, { size: 1 }), slice(bytes, at + 1)]);

/** The same bytes with another length of the facts. */
const withLength = (bytes: Hex, change: number): Hex =>
  concatHex([toHex(Number(slice(bytes, 0, 2)) + change, { size: 2 }), slice(bytes, 2)]);

const refused = (w: World, bytes: Hex, error = "OperationsMalformed", args: unknown[] = []) =>
  w.refuses(w.operators[0]!, "advance", [bytes], error, args);

const reverts = (w: World, bytes: Hex) =>
  w
    .as(w.operators[0]!)
    .getFunction("advance")
    .staticCall(bytes)
    .then(
      () => false,
      () => true,
    );

/** One transaction of each kind, that would go through as it is. */
async function examples(w: World): Promise<Record<string, Parts>> {
  const workflow = await w.open();
  const operator = w.operators[0]!;
  const due = await w.matured(workflow, operator, [0], { slot: 0 });
  const whole = await w.claim(workflow, operator, [1, 2], { slot: 1 });
  const parted = await w.claim(workflow, operator, [3, 4], { slot: 2 });
  const accepted = await w.claim(workflow, operator, [300], { step: 1, slot: 3 });
  const offer = await w.offer(workflow, operator, [8, 9]);
  return {
    settle: { settles: [w.settleCall(due)] },
    commit: { commits: [(await w.commitCall(whole)).call] },
    "commit of a part": {
      commits: [(await w.commitCall(parted, { tasks: [4], partSlot: 9 })).call],
    },
    "accepted commit": { commits: [(await w.commitCall(accepted)).call] },
    claim: { claims: [w.claimCall(offer, 5)] },
    "claim of a part": { claims: [w.claimCall(offer, 5, { claimMask: maskOf([9]) })] },
  };
}

describe("Market.advance: malformed operations", () => {
  it("takes nothing at all, and logs that", async () => {
    const w = await freshWorld();
    const [event] = await w.send(w.operators[0]!, "advance", [NOTHING]);
    expect(event!.args.facts).to.equal("0x000000");
  });

  it("refuses no bytes, and facts without their counts", async () => {
    const w = await freshWorld();
    for (const bytes of ["0x", "0x00", "0x0003", "0x0000000000", "0x0002000000"] as Hex[])
      await refused(w, bytes);
  });

  it("refuses a byte too many, in the facts and behind the evidence, whatever the operation", async () => {
    const w = await freshWorld();
    await refused(w, concatHex([NOTHING, "0x00"]));
    await refused(w, "0x000400000000");
    for (const parts of Object.values(await examples(w)))
      await refused(w, concatHex([operationsOf(parts), "0x00"]));
  });

  it("refuses every cut of every operation", async () => {
    const w = await freshWorld();
    for (const parts of Object.values(await examples(w))) {
      const bytes = operationsOf(parts);
      for (const length of range(0, size(bytes)))
        expect(await reverts(w, slice(bytes, 0, length)), `${length} bytes`).to.equal(true);
    }
  });

  it("refuses facts that end a byte early or late, or far outside", async () => {
    const w = await freshWorld();
    for (const parts of Object.values(await examples(w)))
      for (const change of [-1, 1, 32, 60_000])
        expect(await reverts(w, withLength(operationsOf(parts), change)), `${change}`).to.equal(
          true,
        );
  });

  it("refuses counts of operations that do not follow", async () => {
    const w = await freshWorld();
    for (const parts of Object.values(await examples(w)))
      for (const at of [2, 3, 4]) {
        const bytes = operationsOf(parts);
        const more = withByte(bytes, at, Number(slice(bytes, at, at + 1)) + 1);
        expect(await reverts(w, more), `one more of ${at}`).to.equal(true);
      }
  });

  it("refuses operations left out of the counts", async () => {
    const w = await freshWorld();
    for (const parts of Object.values(await examples(w))) {
      const bytes = operationsOf(parts);
      await refused(w, concatHex([slice(bytes, 0, 2), "0x000000", slice(bytes, 5)]));
    }
  });

  it("refuses kinds of commits and claims that do not exist", async () => {
    const w = await freshWorld();
    const all = await examples(w);
    for (const kind of [2, 255]) {
      await refused(w, withByte(operationsOf(all.commit!), COMMIT_KIND, kind));
      await refused(w, withByte(operationsOf(all.claim!), CLAIM_KIND, kind));
    }
  });

  it("refuses a count of commitments that is not the claim's, none among them", async () => {
    const w = await freshWorld();
    const bytes = operationsOf((await examples(w)).commit!);
    for (const count of [0, 1, 3, 255])
      await refused(w, withByte(bytes, HEAD + 2, count), "CommitmentCount", [count, 2]);
  });

  it("refuses a part of no tasks, and a part that is everything", async () => {
    const w = await freshWorld();
    const { "commit of a part": part, "claim of a part": claim } = await examples(w);
    const bytes = operationsOf(part!);
    const withMask = (mask: bigint) =>
      concatHex([
        slice(bytes, 0, COMMIT_KIND + 3),
        toHex(mask, { size: 24 }),
        slice(bytes, COMMIT_KIND + 27),
      ]);
    const [all, none] = [maskOf([3, 4]), 0n];
    await refused(w, withMask(none), "MaskInvalid", [none, all]);
    await refused(w, withMask(all), "MaskInvalid", [all, all]);
    const claimed = operationsOf(claim!);
    const empty = concatHex([
      slice(claimed, 0, CLAIM_KIND + 1),
      toHex(0n, { size: 24 }),
      slice(claimed, CLAIM_KIND + 25),
    ]);
    await refused(w, empty, "MaskInvalid", [0, maskOf([8, 9])]);
  });

  it("takes each of these examples as it is", async () => {
    for (const kind of Object.keys(await examples(await freshWorld()))) {
      const w = await freshWorld();
      await w.advance(w.operators[0]!, (await examples(w))[kind]!);
    }
  });
});
