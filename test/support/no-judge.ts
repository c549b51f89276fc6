import { zeroAddress, zeroHash } from "viem";
import type { JudgeTerms } from "../../protocol/terms";

/** Of a step whose results nobody judges: no verifier, no demands, no jury. */
export const NO_JUDGE: JudgeTerms = {
  verifier: zeroAddress,
  verifierGas: 0,
  maxReveal: 0,
  checkProgram: zeroHash,
  jurorFee: 0n,
  openRoot: zeroHash,
};
