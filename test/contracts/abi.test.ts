import { expect } from "chai";
import { artifacts } from "hardhat";
import {
  toFunctionSignature,
  toEventSignature,
  type Abi,
  type AbiEvent,
  type AbiFunction,
} from "viem";
import { marketAbi, verifierAbi } from "../../protocol/abi";

/** What identifies an item on the wire, with outputs and indexed fields. */
function describeItem(item: Abi[number]): string {
  if (item.type === "function") {
    const outputs = item.outputs.map(
      (output) =>
        `${output.type}${"components" in output ? output.components.map(({ name, type }) => `${type} ${name}`).join() : ""}`,
    );
    return `${toFunctionSignature(item as AbiFunction)} ${item.stateMutability} ${outputs.join(",")}`;
  }
  if (item.type === "event")
    return `event ${toEventSignature(item as AbiEvent)} ${item.inputs.map((input) => Number(input.indexed ?? false)).join("")}`;
  if (item.type === "error")
    return `error ${item.name}(${item.inputs.map((input) => input.type).join(",")})`;
  return item.type;
}

const sorted = (abi: Abi) => abi.map(describeItem).sort();

describe("protocol/abi", () => {
  it("is exactly the compiled market interface", async () => {
    const { abi } = await artifacts.readArtifact("IMarket");
    expect(sorted(marketAbi as Abi)).to.deep.equal(sorted(abi as Abi));
  });

  it("is exactly the compiled verifier interface", async () => {
    const { abi } = await artifacts.readArtifact("IVerifier");
    expect(sorted(verifierAbi as Abi)).to.deep.equal(sorted(abi as Abi));
  });
});
