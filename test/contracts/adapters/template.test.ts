import { expect } from "chai";
import { deploy } from "../support/contract";

describe("TemplateAdapter", () => {
  it("asks the proof system for statements and results of exactly the lengths that it was made for", async () => {
    const adapter = await deploy("EchoAdapter", [4, 2]);
    expect(await adapter.verify("0x01020304", "0x0102")).to.equal(true);
    expect(await adapter.verify("0x01020304", "0x0103")).to.equal(false);
  });

  it("says no to bytes behind the end, and to missing ones: they would make two results of one proof", async () => {
    const adapter = await deploy("EchoAdapter", [4, 2]);
    const lengths: [statement: string, result: string][] = [
      ["0x0102030405", "0x0102"],
      ["0x010203", "0x0102"],
      ["0x", "0x0102"],
      ["0x01020304", "0x010203"],
      ["0x01020304", "0x01"],
      ["0x01020304", "0x"],
    ];
    for (const [statement, result] of lengths)
      expect(await adapter.verify(statement, result), `${statement} ${result}`).to.equal(false);
  });
});
