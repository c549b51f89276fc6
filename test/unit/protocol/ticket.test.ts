import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "viem";
import { LIMITS } from "../../../protocol/limits";
import {
  batchHash,
  batchRest,
  countOf,
  hashPair,
  maskOf,
  packTicket,
  tasksOf,
  ticketHash,
  ticketStruct,
  unpackTicket,
  withMask,
  type Claim,
} from "../../../protocol/ticket";
import { placeOf } from "../../../protocol/task-place";

const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const small = (n: number) => fc.integer({ min: 0, max: 2 ** n - 1 });
const mask = bits(LIMITS.tasksPerWord);

const claim: fc.Arbitrary<Claim> = fc.record({
  workflow: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  step: small(8),
  attempt: small(16),
  word: small(16),
  price: bits(56),
  bond: bits(56),
  rule: small(8),
  window: small(24),
  open: fc.boolean(),
  mask,
  root: fc.constant<Hex>(`0x${"5a".repeat(32)}`),
  judgeHash: fc.constantFrom<Hex>(`0x${"6b".repeat(32)}`, `0x${"7c".repeat(32)}`),
});

describe("tickets", () => {
  it("unpack to the claim that was packed, whatever its fields", () => {
    fc.assert(
      fc.property(claim, (given) => {
        expect(unpackTicket(packTicket(given))).to.deep.equal(given);
      }),
    );
  });

  it("keep the spare bits of both words empty", () => {
    fc.assert(
      fc.property(claim, (given) => {
        const { money, scope } = packTicket(given);
        return (money & ((1n << 48n) - 1n)) === 0n && scope >> 232n === 0n;
      }),
    );
  });

  it("count their tasks in the word of money, so that who settles need not show which they are", () => {
    fc.assert(
      fc.property(claim, (given) => {
        const { money } = packTicket(given);
        return Number((money >> 56n) & 0xffn) === countOf(given.mask);
      }),
    );
  });

  it("are hashed in levels: of a batch, its money and one hash of all else are enough", () => {
    const root: Hex = `0x${"8d".repeat(32)}`;
    fc.assert(
      fc.property(claim, (given) => {
        const ticket = packTicket(given);
        const { bound } = ticketStruct(ticket);
        const rest = hashPair(hashPair(ticket.scope, bound), root);
        return (
          rest === batchRest(ticket, root) &&
          hashPair(ticket.money, rest) === batchHash(ticket, root)
        );
      }),
    );
  });

  it("change nothing but the mask when a part is taken", () => {
    fc.assert(
      fc.property(claim, mask, (given, part) => {
        const ticket = withMask(packTicket(given), part);
        expect(unpackTicket(ticket)).to.deep.equal({ ...given, mask: part });
      }),
    );
  });

  it("have another hash when any field differs", () => {
    fc.assert(
      fc.property(claim, claim, (a, b) => {
        const same =
          JSON.stringify(Object.values(a).map(String)) ===
          JSON.stringify(Object.values(b).map(String));
        return same === (ticketHash(packTicket(a)) === ticketHash(packTicket(b)));
      }),
    );
  });
});

describe("masks", () => {
  const word = small(16);
  const tasksOfWord = (of: number) =>
    fc
      .uniqueArray(fc.integer({ min: 0, max: LIMITS.tasksPerWord - 1 }))
      .map((places) => places.sort((a, b) => a - b).map((bit) => of * LIMITS.tasksPerWord + bit));

  it("name exactly the tasks that they were made of, in rising order", () => {
    fc.assert(
      fc.property(
        word.chain((of) => fc.tuple(fc.constant(of), tasksOfWord(of))),
        ([of, tasks]) => {
          expect(tasksOf(of, maskOf(tasks))).to.deep.equal(tasks);
        },
      ),
    );
  });

  it("place a task in its word", () => {
    expect(placeOf(0)).to.deep.equal({ word: 0, bit: 0 });
    expect(placeOf(191)).to.deep.equal({ word: 0, bit: 191 });
    expect(placeOf(192)).to.deep.equal({ word: 1, bit: 0 });
  });
});
