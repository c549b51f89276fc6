import { readFile, writeFile } from "node:fs/promises";
import { bytesToHex, decodeAbiParameters, encodeAbiParameters, hexToBytes } from "viem";
import { runOperatorProcess } from "../operator/process";
import type { Execute } from "../operator/run/execute";

// An operator that cheats: the product's own operator, with an executor that spoils every Groth16 proof before it is
// committed. It lives here because the product has no use for it.

/** Order of BN254's base field. */
const FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

const proofAbi = [{ type: "uint256[8]" }] as const;

/** Mirrors the proof's first point: still a point of the curve, so that only the pairing can tell. */
function spoil(proof: Uint8Array): Uint8Array {
  const [[ax, ay, ...rest]] = decodeAbiParameters(proofAbi, bytesToHex(proof));
  return hexToBytes(encodeAbiParameters(proofAbi, [[ax, FIELD - ay, ...rest]]));
}

const cheat =
  (own: Execute): Execute =>
  async (request, hooks) => {
    const result = await own(request, hooks);
    const { path } = request.outputs.proof!;
    await writeFile(path, spoil(await readFile(path)));
    return result;
  };

runOperatorProcess({ execute: cheat, checkResult: () => Promise.resolve(undefined) });
