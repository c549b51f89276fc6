import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, type Abi, type Hex } from "viem";
import { parse } from "../../cover/ast";
import { instrument } from "../../cover/instrument";
import type { Point } from "../../cover/points";
import { reportOf } from "../../cover/report";
import { watch } from "../../cover/watch";
import { sample } from "./sample";

interface Compiled {
  abi: Abi;
  evm: { bytecode: { object: string } };
}

function compile(content: string): Compiled {
  const solc = require("solc") as { compile(input: string): string };
  const input = {
    language: "Solidity",
    sources: { "contracts/Sample.sol": { content } },
    settings: {
      optimizer: { enabled: false, details: { peephole: false } },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
    errors?: { severity: string; formattedMessage: string }[];
    contracts?: Record<string, Record<string, Compiled>>;
  };
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error) throw new Error(error.formattedMessage);
  return output.contracts!["contracts/Sample.sol"]!.Sample!;
}

/** Deploys the sample with marks. @returns how to call it, and how to tell what was not reached */
async function deploySample(reached: Set<number>) {
  const file = "contracts/Sample.sol";
  const points: Point[] = [];
  const marked = instrument(file, sample, parse({ [file]: { content: sample } })[file]!, points);
  const { abi, evm } = compile(marked);
  const { provider } = network;
  const [from] = (await provider.request({ method: "eth_accounts" })) as [Hex];
  reached.clear();
  const data = `0x${evm.bytecode.object}`;
  const hash = await provider.request({
    method: "eth_sendTransaction",
    params: [{ from, data, gas: "0x989680" }],
  });
  const receipt = (await provider.request({
    method: "eth_getTransactionReceipt",
    params: [hash],
  })) as { contractAddress: Hex };
  const { contractAddress: to } = receipt;
  const call = async (functionName: string, ...args: unknown[]) => {
    const data = encodeFunctionData({ abi, functionName, args });
    const answer = await provider.request({ method: "eth_call", params: [{ from, to, data }] });
    await new Promise(setImmediate); // the chain's steps are reported on the side
    return answer;
  };
  const missed = (scope: string) =>
    reportOf(points, reached)
      .missed.filter(({ name }) => name.startsWith(`${file} ${scope}: `))
      .map(({ name }) => name.replace(`${file} ${scope}: `, "").replace(/ is never/, ":"));
  return { call, missed, report: () => reportOf(points, reached) };
}

describe("Coverage of contracts", () => {
  let reached: Set<number>;
  let sampled: Awaited<ReturnType<typeof deploySample>>;
  before(async () => {
    reached = await watch(network.provider);
  });
  beforeEach(async () => {
    sampled = await deploySample(reached);
  });

  it("counts both outcomes of an if, even without braces or an else", async () => {
    const { call, missed } = sampled;
    expect(missed("Sample.plain")).to.deep.equal(["a > 3: false", "a > 3: true"]);
    await call("plain", 4);
    expect(missed("Sample.plain")).to.deep.equal(["a > 3: false"]);
    await call("plain", 3);
    expect(missed("Sample.plain")).to.deep.equal([]);
  });

  it("counts a branch that reverts", async () => {
    const { call, missed } = sampled;
    const said = await call("reverting", 9).catch((error: Error) => error.message);
    expect(said).to.include("revert");
    expect(missed("Sample.reverting")).to.deep.equal(["a > 3: false"]);
    await call("reverting", 1);
    expect(missed("Sample.reverting")).to.deep.equal([]);
  });

  it("counts each operand of && and || by itself, through parentheses and negations", async () => {
    const { call, missed } = sampled;
    await call("joined", 1, 0); // a == 1 decides alone
    expect(missed("Sample.joined")).to.deep.equal([
      "a == 1: false",
      "b == 2: false",
      "b == 2: true",
      "!(a == 3): false",
      "!(a == 3): true",
    ]);
    await call("joined", 3, 2);
    expect(missed("Sample.joined")).to.deep.equal(["b == 2: false", "!(a == 3): true"]);
    await call("joined", 4, 2);
    await call("joined", 4, 0);
    expect(missed("Sample.joined")).to.deep.equal([]);
  });

  it("counts ternaries wherever they stand, one within another", async () => {
    const { call, missed } = sampled;
    await call("ternary", 1);
    expect(missed("Sample.ternary")).to.deep.equal(["a > 3: true", "a > 5: false", "a > 5: true"]);
    await call("ternary", 4);
    expect(missed("Sample.ternary")).to.deep.equal(["a > 5: true"]);
    await call("ternary", 6);
    expect(missed("Sample.ternary")).to.deep.equal([]);
  });

  it("counts loops, and tells equal conditions of one function apart", async () => {
    const { call, missed } = sampled;
    expect(missed("Sample.loops").filter((name) => name.startsWith("i < n"))).to.deep.equal([
      "i < n: false",
      "i < n: true",
      "i < n: false (2)",
      "i < n: true (2)",
    ]);
    await call("loops", 0);
    expect(missed("Sample.loops")).to.deep.equal([
      "i < n: true",
      "i < n: true (2)",
      "sum < n: true",
      "n > 1: true",
      "false == true: true",
    ]);
    await call("loops", 4);
    await call("loops", 9);
    expect(missed("Sample.loops")).to.deep.equal(["sum < n: true", "false == true: true"]);
  });

  it("counts require, modifiers and free functions", async () => {
    const { call, missed } = sampled;
    await call("guarded", 5);
    expect(missed("Sample.guarded")).to.deep.equal(["a > 1: false"]);
    expect(missed("Sample.below")).to.deep.equal(["a < most: false"]);
    expect(missed("half")).to.deep.equal(["a % 2 == 0: true"]);
  });

  it("counts what becomes of a try", async () => {
    const { call, missed } = sampled;
    await call("trying", 1);
    expect(missed("Sample.trying")).to.deep.equal(["catch Error: reached", "catch: reached"]);
    await call("trying", 9);
    expect(missed("Sample.trying")).to.deep.equal(["catch Error: reached"]);
  });

  it("counts what runs by delegatecall where its source is", async () => {
    const { call, missed } = sampled;
    await call("delegating", 4);
    expect(missed("Sample.plain")).to.deep.equal(["a > 3: false"]);
  });

  it("counts ifs, loops and switches of inline assembly", async () => {
    const { call, missed } = sampled;
    await call("yul", 0);
    expect(missed("Sample.yul")).to.deep.equal([
      "lt(i, a): true",
      "gt(i, 1): false",
      "gt(i, 1): true",
      "a: 1",
      "a: another value",
      "iszero(iszero(a)): true",
    ]);
    await call("yul", 3);
    expect(missed("Sample.yul")).to.deep.equal(["a: 1"]);
  });

  it("leaves results as they are", async () => {
    const { call } = sampled;
    const result = async (name: string, ...args: unknown[]) =>
      BigInt((await call(name, ...args)) as string);
    expect(await result("plain", 4)).to.equal(1n);
    expect(await result("ternary", 6)).to.equal(103n);
    expect(await result("loops", 3)).to.equal(9n);
    expect(await result("yul", 3)).to.equal(23n);
    expect(await result("guarded", 5)).to.equal(2n);
  });

  it("counts lines and functions, and names those that were not reached", async () => {
    const { call, report } = sampled;
    const before = report().files["contracts/Sample.sol"]!;
    await call("plain", 1);
    const after = report().files["contracts/Sample.sol"]!;
    expect(before.missedFunctions).to.include("Sample.plain");
    expect(before.missedFunctions).not.to.include("Sample.constructor");
    expect(after.missedFunctions).not.to.include("Sample.plain");
    expect(after.lines.reached - before.lines.reached).to.equal(2); // without the statement behind the if
  });
});
