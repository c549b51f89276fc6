import { expect } from "chai";
import fc from "fast-check";
import { size, slice, type Hex } from "viem";
import { FrobenError } from "../../../protocol/errors";
import {
  decodeFacts,
  encodeOperations,
  type ClaimOperation,
  type CommitOperation,
  type Operations,
  type SettleOperation,
} from "../../../protocol/operations";
import { judgeHash, RULE, type StepTerms } from "../../../protocol/terms";
import { countOf, packTicket, unpackTicket, withMask, type Ticket } from "../../../protocol/ticket";

const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const big = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const slot = uint(16);
const word: fc.Arbitrary<Hex> = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `0x${Buffer.from(bytes).toString("hex")}` as const);
const bytes: fc.Arbitrary<Hex> = fc
  .uint8Array({ maxLength: 70 })
  .map((list) => `0x${Buffer.from(list).toString("hex")}` as const);
const rule = fc.constantFrom(RULE.verifier, RULE.accepted);
/** Masks of few tasks, so that batches stay small. */
const mask = fc
  .uniqueArray(fc.integer({ min: 0, max: 191 }), { minLength: 1, maxLength: 4 })
  .map((bits) => bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n));

const ticket: fc.Arbitrary<Ticket> = fc
  .record({
    workflow: uint(48),
    step: uint(8),
    attempt: uint(16),
    word: uint(16),
    price: big(56),
    bond: big(56),
    rule,
    window: uint(24),
    open: fc.boolean(),
    mask,
    root: word,
    judgeHash: word,
  })
  .map(packTicket);

const settle: fc.Arbitrary<SettleOperation> = fc.record({ slot, ticket, commitmentsRoot: word });

const commit: fc.Arbitrary<CommitOperation> = fc
  .record({ slot, ticket, partSlot: slot, acceptance: bytes, part: fc.boolean(), seed: word })
  .map(({ part, seed, ...rest }) => {
    const whole = unpackTicket(rest.ticket).mask;
    const lowest = whole & -whole;
    const subMask = part && lowest !== whole ? lowest : 0n;
    const commitments = Array<Hex>(countOf(subMask || whole)).fill(seed);
    return { ...rest, subMask, commitments };
  });

const terms: fc.Arbitrary<StepTerms> = fc.record({
  firstTask: uint(24),
  maxTasks: uint(24),
  ceiling: big(56),
  bond: big(56),
  claimTime: uint(24),
  window: uint(24),
  rule,
  isFinal: fc.boolean(),
  judge: fc.record({
    verifier: fc.constant<Hex>(`0x${"aa".repeat(20)}`),
    verifierGas: uint(32),
    maxReveal: uint(32),
    checkProgram: word,
    jurorFee: big(64),
    openRoot: word,
  }),
});

const claim: fc.Arbitrary<ClaimOperation> = fc
  .record({
    slot,
    assignment: fc.record({
      workflow: uint(48),
      step: uint(8),
      attempt: uint(16),
      word: uint(16),
      mask,
      price: big(56),
      claimBy: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
      root: word,
    }),
    part: fc.boolean(),
    signature: bytes,
    opening: fc.record({ terms, path: fc.array(word, { maxLength: 6 }) }),
    takeOvers: fc.array(
      fc.record({ holder: fc.constant<Hex>(`0x${"bb".repeat(20)}`), slot, ticket }),
      { maxLength: 2 },
    ),
  })
  .map(({ part, ...rest }) => {
    const whole = rest.assignment.mask;
    return { ...rest, claimMask: part ? whole & -whole : 0n };
  });

const operations: fc.Arbitrary<Operations> = fc.record({
  settles: fc.array(settle, { maxLength: 3 }),
  commits: fc.array(commit, { maxLength: 3 }),
  claims: fc.array(claim, { maxLength: 3 }),
});

/** What the contract logs of the argument of `advance`. */
function factsOf(encoded: Hex): Hex {
  const length = Number(slice(encoded, 0, 2));
  return slice(encoded, 2, 2 + length);
}

describe("the bytes of advance", () => {
  it("tell, in what the contract logs, every slot, commitment and claim that went in", () => {
    fc.assert(
      fc.property(operations, (given) => {
        const { settles, commits, claims } = decodeFacts(factsOf(encodeOperations(given)));
        expect(settles).to.deep.equal(given.settles.map((one) => one.slot));
        for (const [i, logged] of commits.entries()) {
          const { slot: from, subMask, partSlot, commitments } = given.commits[i]!;
          const to = subMask === 0n ? from : partSlot;
          expect(logged).to.deep.equal({ fromSlot: from, slot: to, subMask, commitments });
        }
        for (const [i, logged] of claims.entries()) {
          const { slot: into, assignment, claimMask, opening } = given.claims[i]!;
          expect(logged.slot).to.equal(into);
          expect(logged.assignment).to.deep.equal(assignment);
          expect(logged.claimTime).to.equal(opening.terms.claimTime);
          expect(unpackTicket(logged.ticket)).to.deep.equal({
            workflow: assignment.workflow,
            step: assignment.step,
            attempt: assignment.attempt,
            word: assignment.word,
            price: assignment.price,
            bond: opening.terms.bond,
            rule: opening.terms.rule,
            window: opening.terms.isFinal ? 0 : opening.terms.window,
            open: false,
            mask: claimMask || assignment.mask,
            root: assignment.root,
            judgeHash: judgeHash(opening.terms.judge),
          });
        }
        expect(commits).to.have.length(given.commits.length);
        expect(claims).to.have.length(given.claims.length);
      }),
    );
  });

  it("say the same whether a commitment of all tasks names them or not", () => {
    fc.assert(
      fc.property(commit, (one) => {
        const all = { ...one, subMask: 0n, commitments: [] };
        const named = { ...all, subMask: unpackTicket(one.ticket).mask };
        const encode = (call: CommitOperation) =>
          encodeOperations({ settles: [], commits: [call], claims: [] });
        expect(encode(named)).to.equal(encode(all));
        expect(withMask(one.ticket, named.subMask)).to.deep.equal(one.ticket);
      }),
    );
  });

  it("are refused when they end in the middle of an operation", () => {
    fc.assert(
      fc.property(operations, fc.nat(), (given, n) => {
        const facts = factsOf(encodeOperations(given));
        const cut = n % size(facts);
        let refused: unknown;
        try {
          decodeFacts(cut === 0 ? "0x" : slice(facts, 0, cut));
        } catch (error) {
          refused = error;
        }
        expect(refused).to.be.instanceOf(FrobenError).with.property("code", "operations_malformed");
      }),
    );
  });
});
