/** Writes what a deployment of the rollup needs: the Solidity verifier, the key hash to pin, and whose set-up it is. */
import { Command } from "commander";
import { writeOutput } from "../lib/outputs";
import { honkVerifier } from "./lib/solidity-verifier";
import { loadToolchain, mergeKeyHash } from "./lib/toolchain";

async function main(): Promise<void> {
  const { out } = new Command("write-verifier")
    .description(
      "Writes the rollup's Solidity verifier and key hash, for deploy/deploy.ts --rollup.",
    )
    .requiredOption("--out <file>", "JSON file to write")
    .addHelpText("after", "\nExample: npx tsx provers/noir/write-verifier.ts --out rollup.json")
    .parse()
    .opts<{ out: string }>();
  const toolchain = await loadToolchain();
  const { contractName, abi, bytecode } = await honkVerifier();
  const content = {
    honkVerifier: { contractName, abi, bytecode },
    mergeKeyHash: mergeKeyHash(toolchain),
    setup: toolchain.setup,
  };
  await writeOutput(out, `${JSON.stringify(content, null, 2)}\n`);
  console.log(`wrote ${out} (${toolchain.setup} set-up)`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
