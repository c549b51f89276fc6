import { expect } from "chai";
import { network } from "hardhat";
import { readFile } from "node:fs/promises";
import {
  createPublicClient,
  createWalletClient,
  custom,
  type Address,
  type PublicClient,
} from "viem";
import { hardhat } from "viem/chains";
import { decodeWords } from "../../../provers/groth16/lib/words";
import { type Fixture, makeFixture, proveFirst, SETUP_TIMEOUT_MS } from "./fixture";
import { compileSemaphoreVerifier, verifierAbi } from "./semaphore-verifier";
import { negatePointA } from "./tamper";

type Pair = readonly [bigint, bigint];
type Words<N extends number, T extends bigint[] = []> = T["length"] extends N
  ? T
  : Words<N, [...T, bigint]>;

/** What the calls to the verifier take: the proof's eight words, the four signals, the depth. */
interface Call {
  proof: Words<8>;
  signals: Words<4>;
  depth: bigint;
}

describe("Semaphore's Solidity verifier on proofs of groth16/prove", function () {
  this.timeout(60_000);
  let chain: PublicClient;
  let verifier: Address;
  let fixture: Fixture;
  let proof: Uint8Array;

  before(async function () {
    this.timeout(SETUP_TIMEOUT_MS);
    const transport = custom(network.provider);
    chain = createPublicClient({ chain: hardhat, transport });
    const wallet = createWalletClient({ chain: hardhat, transport });
    const [account] = await wallet.getAddresses();
    const hash = await wallet.sendTransaction({
      account: account!,
      data: compileSemaphoreVerifier(),
      to: null,
    });
    verifier = (await chain.getTransactionReceipt({ hash })).contractAddress!;
    fixture = await makeFixture();
    proof = await proveFirst(fixture);
  });

  after(() => fixture?.remove());

  async function callFor(bytes: Uint8Array, statementPath: string): Promise<Call> {
    const [depth, ...signals] = decodeWords(await readFile(statementPath), 5) as Words<5>;
    return { proof: decodeWords(bytes, 8) as Words<8>, signals, depth };
  }

  function accepts({ proof: [ax, ay, bx1, bx0, by1, by0, cx, cy], signals, depth }: Call) {
    const b: readonly [Pair, Pair] = [
      [bx1, bx0],
      [by1, by0],
    ];
    return chain.readContract({
      address: verifier,
      abi: verifierAbi,
      functionName: "verifyProof",
      args: [[ax, ay], b, [cx, cy], signals, depth],
    });
  }

  it("accepts a proof for its statement", async () => {
    expect(await accepts(await callFor(proof, fixture.statement(0)))).to.equal(true);
  });

  it("refuses the proof for another member's statement", async () => {
    expect(await accepts(await callFor(proof, fixture.statement(1)))).to.equal(false);
  });

  it("refuses the proof with a negated point", async () => {
    const call = await callFor(negatePointA(proof), fixture.statement(0));
    expect(await accepts(call)).to.equal(false);
  });

  it("refuses the proof under the key of another depth", async () => {
    const call = await callFor(proof, fixture.statement(0));
    expect(await accepts({ ...call, depth: 11n })).to.equal(false);
  });

  it("accepts a proof of the deepest circuit", async () => {
    const deep = await makeFixture(32);
    try {
      const deepProof = await proveFirst(deep);
      expect(await accepts(await callFor(deepProof, deep.statement(0)))).to.equal(true);
    } finally {
      await deep.remove();
    }
  });

  it("accepts a forgery for a depth past 32, so that its caller must check the depth", async () => {
    const { alpha, beta } = await verificationKeyPoints();
    const forged = [...alpha, ...beta, 0n, 0n] as Words<8>;
    const signals: Words<4> = [1n, 2n, 3n, 4n];
    expect(await accepts({ proof: forged, signals, depth: 10n })).to.equal(false);
    expect(await accepts({ proof: forged, signals, depth: 33n })).to.equal(true);
  });
});

/** Points of the verification key that all depths share, in Solidity's order. */
async function verificationKeyPoints(): Promise<{ alpha: bigint[]; beta: bigint[] }> {
  const { circuitArtifacts } = await import("../../../provers/groth16/lib/artifacts");
  const key = JSON.parse(await readFile(circuitArtifacts(10).vkey, "utf8")) as {
    vk_alpha_1: string[];
    vk_beta_2: string[][];
  };
  const beta = key.vk_beta_2.slice(0, 2).flatMap(([real, imaginary]) => [imaginary!, real!]);
  return { alpha: key.vk_alpha_1.slice(0, 2).map(BigInt), beta: beta.map(BigInt) };
}
