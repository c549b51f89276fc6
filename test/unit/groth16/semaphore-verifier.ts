/** Compiles Semaphore's verifier with the project's Solidity compiler. */
import { readFileSync } from "node:fs";
import { type Hex, parseAbi } from "viem";

const ENTRY = "@semaphore-protocol/contracts/base/SemaphoreVerifier.sol";

export const verifierAbi = parseAbi([
  "function verifyProof(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[4] signals, uint256 depth) view returns (bool)",
]);

interface CompilerOutput {
  errors?: { severity: string; formattedMessage: string }[];
  contracts: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>;
}

/** @returns creation bytecode */
export function compileSemaphoreVerifier(): Hex {
  const solc = require("solc") as {
    compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
  };
  const input = {
    language: "Solidity",
    sources: { [ENTRY]: { content: readFileSync(require.resolve(ENTRY), "utf8") } },
    settings: {
      optimizer: { enabled: true, runs: 1_000_000 },
      outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
    },
  };
  const findImport = (path: string) => ({ contents: readFileSync(require.resolve(path), "utf8") });
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), { import: findImport }),
  ) as CompilerOutput;
  const errors = output.errors?.filter(({ severity }) => severity === "error") ?? [];
  if (errors.length) throw new Error(errors.map((e) => e.formattedMessage).join("\n"));
  return `0x${output.contracts[ENTRY]!.SemaphoreVerifier!.evm.bytecode.object}`;
}
