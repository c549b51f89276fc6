import { takeSnapshot, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex, hexToBytes, slice, type Hex } from "viem";
import { maskOf } from "../../../protocol/ticket";
import { Ledger } from "../support/ledger";
import { freshWorld, operationsOf, range, type World } from "../support/world";

/** Every kind of operation in one transaction that would go through as it is. */
async function everything(w: World): Promise<Hex> {
  const workflow = await w.open();
  const [operator, late] = w.operators;
  const missed = await w.claim(workflow, late!, [20, 21]);
  const due = await w.commit(await w.claim(workflow, operator!, range(0, 3), { slot: 0 }));
  await time.increase(601);
  const whole = await w.claim(workflow, operator!, [3, 4], { slot: 1 });
  const parted = await w.claim(workflow, operator!, [5, 6, 7], { slot: 2 });
  const accepted = await w.claim(workflow, operator!, [300], { step: 1, slot: 3 });
  const offer = await w.offer(workflow, operator!, [20, 21, 22], { attempt: 2 });
  const holder = late!.address as Hex;
  const more = {
    claimMask: maskOf([20, 22]),
    takeOvers: [{ holder, slot: 0, ticket: missed.ticket }],
  };
  return operationsOf({
    settles: [w.settleCall(due)],
    commits: [
      (await w.commitCall(whole)).call,
      (await w.commitCall(parted, { tasks: [5, 7], partSlot: 9 })).call,
      (await w.commitCall(accepted)).call,
    ],
    claims: [w.claimCall(offer, 0, more)],
  });
}

type Damage = { at: number; length: number; bytes: Uint8Array };

/** Replaces some bytes, anywhere, by some others: the same number of them (most often), fewer or more. */
const damage: fc.Arbitrary<Damage> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc
        .uint8Array({ minLength: 1, maxLength: 1 })
        .map((bytes) => ({ length: 1, bytes })),
    },
    {
      weight: 1,
      arbitrary: fc.record({ length: fc.nat(40), bytes: fc.uint8Array({ maxLength: 40 }) }),
    },
  )
  .chain((one) => fc.nat(4_095).map((at) => ({ ...one, at })));

function damaged(bytes: Hex, damages: Damage[]): Hex {
  let list = [...hexToBytes(bytes)];
  for (const { at, length, bytes: other } of damages) {
    const from = at % list.length;
    list = [...list.slice(0, from), ...other, ...list.slice(from + length)];
    if (list.length === 0) list = [0];
  }
  return bytesToHex(new Uint8Array(list));
}

describe("Market.advance: random bytes", () => {
  for (const seed of [1, 20_240_229, 987_654_321])
    it(`are refused by name, or do what they say to the unit (seed ${seed})`, async () => {
      const w = await freshWorld();
      const good = await everything(w);
      const operator = w.operators[0]!;
      const counts = { refused: 0, taken: 0 };
      const tries = fc.asyncProperty(
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        async (damages) => {
          const bytes = damaged(good, damages);
          const call = w.as(operator).getFunction("advance").staticCall(bytes);
          const error = await call.then(
            () => undefined,
            (e: Error) => e.message,
          );
          if (error !== undefined) {
            counts.refused++;
            expect(error).to.match(/reverted with custom error '\w+\(/);
            return;
          }
          counts.taken++;
          const snapshot = await takeSnapshot();
          const events = await w.send(operator, "advance", [bytes]);
          const length = Number(slice(bytes, 0, 2));
          expect(events.at(-1)!.args.facts).to.equal(slice(bytes, 2, 2 + length));
          await snapshot.restore();
          w.ledger = new Ledger(w.market);
        },
      );
      await fc.assert(tries, { seed, numRuns: 150 });
      expect(counts.refused > 0 && counts.taken > 0, JSON.stringify(counts)).to.equal(true);
      await w.send(operator, "advance", [good]);
    });
});
