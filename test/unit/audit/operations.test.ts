import { expect } from "chai";
import { concatHex, numberToHex, slice, zeroAddress, type Hex } from "viem";
import { ZERO_BYTES32 } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import {
  decodeFacts,
  decodeOperations,
  encodeOperations,
  type Operations,
} from "../../../protocol/operations";
import { RULE, termsOpening, type StepTerms } from "../../../protocol/terms";
import { packTicket, type Ticket } from "../../../protocol/ticket";

const word = (n: number): Hex => numberToHex(n, { size: 32 });

const stepAt = (firstTask: number): StepTerms => ({
  firstTask,
  maxTasks: 8,
  ceiling: 100n,
  bond: 7n,
  claimTime: 60,
  window: 30,
  rule: RULE.verifier,
  isFinal: false,
  judge: {
    verifier: zeroAddress,
    verifierGas: 1,
    maxReveal: 0,
    checkProgram: ZERO_BYTES32,
    jurorFee: 0n,
    openRoot: ZERO_BYTES32,
  },
});

const ticketOf = (rule: number, mask = 0b111n): Ticket =>
  packTicket({
    workflow: 1,
    step: 0,
    attempt: 1,
    word: 0,
    price: 5n,
    bond: 7n,
    rule,
    window: 30,
    open: false,
    mask,
    root: word(1),
    judgeHash: word(2),
  });

/** Everything that has evidence of its own length: parts, acceptances, paths, take-overs. */
const operations: Operations = {
  settles: [{ slot: 1, ticket: ticketOf(RULE.verifier), commitmentsRoot: word(3) }],
  commits: [
    { ticket: ticketOf(RULE.verifier), subMask: 0n, count: 3, acceptance: "0x" as const },
    { ticket: ticketOf(RULE.accepted), subMask: 0n, count: 3, acceptance: "0xacce01" as const },
    { ticket: ticketOf(RULE.accepted), subMask: 0b10n, count: 1, acceptance: "0xacce02" as const },
    { ticket: ticketOf(RULE.verifier), subMask: 0b100n, count: 1, acceptance: "0x" as const },
  ].map(({ count, ...commit }, i) => ({
    ...commit,
    slot: 10 + i,
    partSlot: 20 + i,
    commitments: Array.from({ length: count }, (_, j) => word(100 + j)),
  })),
  claims: [0, 2].map((takeOvers, i) => ({
    slot: 30 + i,
    assignment: {
      workflow: 1,
      step: 1,
      attempt: 2,
      word: 0,
      mask: 0b11n << 8n,
      price: 90n,
      claimBy: 1_000,
      root: word(4),
    },
    claimMask: i === 0 ? 0n : 1n << 8n,
    signature: `0x51${"00".repeat(i)}` as const,
    opening: termsOpening([0, 8, 16].map(stepAt), 1),
    takeOvers: Array.from({ length: takeOvers }, (_, slot) => ({
      holder: zeroAddress,
      slot,
      ticket: ticketOf(RULE.verifier),
    })),
  })),
};

const refusal = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe("the calldata of advance as evidence", () => {
  const encoded = encodeOperations(operations);

  it("shows each acceptance and assignment signature, whatever evidence lies between them", () => {
    const { signatures } = decodeOperations(encoded);
    expect(signatures).to.deep.equal({
      acceptances: ["0x", "0xacce01", "0xacce02", "0x"],
      assignments: ["0x51", "0x5100"],
    });
  });

  it("shows the facts that the contract logs, byte for byte", () => {
    const { facts, signatures, ...logged } = decodeOperations(encoded);
    expect(concatHex([slice(encoded, 0, 2), facts])).to.equal(
      slice(encoded, 0, 2 + (facts.length - 2) / 2),
    );
    expect(logged).to.deep.equal(decodeFacts(facts));
    expect(signatures.assignments).to.have.length(logged.claims.length);
  });

  it("is refused with a byte less or more, as its facts are", () => {
    const { facts } = decodeOperations(encoded);
    for (const run of [
      () => decodeOperations(slice(encoded, 0, -1)),
      () => decodeOperations(concatHex([encoded, "0x00"])),
      () => decodeFacts(concatHex([facts, "0x00"])),
    ])
      expect(refusal(run))
        .to.be.instanceOf(FrobenError)
        .with.property("code", "operations_malformed");
  });
});
