import { maskOf } from "../../../protocol/ticket";
import { freshWorld, ZERO32 } from "../support/world";

describe("Tasks that a claim does not hold", () => {
  it("are refused by release and concede before slot, signature, rule or commitments are looked at", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = { ...(await w.claim(await w.open(), operator!, [4])), slot: 7 };
    const [held, outside, both] = [maskOf([4]), maskOf([5]), maskOf([4, 5])];
    for (const mask of [outside, both]) {
      const refusal = ["MaskInvalid", [mask, held]] as const;
      for (const signature of ["0x", "0x00"])
        await w.refuses(operator!, "release", w.releaseArgs(claim, signature, mask), refusal[0], [
          ...refusal[1],
        ]);
      for (const commitments of [[], [ZERO32]])
        await w.refuses(
          operator!,
          "concede",
          w.concedeArgs(claim, [...commitments], mask),
          refusal[0],
          [...refusal[1]],
        );
    }
  });
});
