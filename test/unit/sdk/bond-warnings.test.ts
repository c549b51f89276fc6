import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { leastUsefulBond, stepTermsOf } from "../../../protocol/terms";
import { rollupWorkflow } from "../../../pipelines/rollup/workflow";
import { membershipWorkflow } from "../../../pipelines/membership/workflow";
import { bondWarnings } from "../../../sdk";

const GWEI = 10n ** 9n;
const programs = { digest: sha256 };
const verifier = "0x00000000000000000000000000000000000000Aa" as const;
const bytes = (text: string) => Buffer.from(text);

describe("warnings of bonds that pay for no challenge", () => {
  const { spec } = membershipWorkflow({
    programs,
    verifier,
    requests: [bytes("r")],
    statements: [bytes("s")],
    reward: "0.0001 ether",
  });
  const [terms] = stepTermsOf(spec);

  it("name step, bond and the least bond that would do", () => {
    const least = leastUsefulBond(terms!, 10n * GWEI, GWEI);
    const [warning] = bondWarnings(spec, 10n * GWEI, GWEI);
    expect(warning).to.include({
      code: "bond_too_low",
      field: "steps[0].bond",
      limit: String(least),
      value: String(terms!.bond),
    });
    expect(warning!.message).to.include("10 gwei per gas");
  });

  it("are silent from exactly that bond on", () => {
    const least = leastUsefulBond(terms!, 10n * GWEI, GWEI);
    const withBond = (bond: bigint) => ({
      ...spec,
      steps: [{ ...spec.steps[0]!, bond: Number(bond) }],
    });
    expect(bondWarnings(withBond(least), 10n * GWEI, GWEI)).to.deep.equal([]);
    expect(bondWarnings(withBond(least - 1n), 10n * GWEI, GWEI)).to.have.length(1);
  });

  it("say nothing about steps that no verifier can be asked about after they were committed", () => {
    const rollup = rollupWorkflow({
      programs,
      verifier,
      state: bytes("state"),
      batch: bytes("batch"),
      maxLeaves: 2,
      reward: "1 gwei",
    });
    expect(bondWarnings(rollup.spec, 1000n * GWEI, GWEI)).to.deep.equal([]);
  });
});
