import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { sha256 } from "../../protocol/digest";
import { fetchOutputs, getWorkflow } from "../../sdk";
import type { Cli } from "../context";
import { wholeNumber } from "../numbers";

/** Names of a list's files, as programs write them: 00000, 00001, ... */
const itemName = (index: number) => String(index).padStart(5, "0");

/** `froben fetch`: takes a workflow's output home. */
export function addFetch(program: Command, cli: Cli): void {
  program
    .command("fetch")
    .description(
      "download an output and check its digest; a list becomes a folder of numbered files",
    )
    .argument("<workflow>", "the workflow's number", wholeNumber)
    .argument("<output>", "the output's name, see: froben workflow show")
    .requiredOption("-o, --output <path>", "where to write it")
    .addHelpText("after", "\nExample:\n  froben fetch 1 proof -o proof.bin")
    .action(async (id: number, output: string, flags: { output: string }) => {
      const client = await cli.client();
      const list = Array.isArray((await getWorkflow(client, id)).outputs[output]);
      const items = await fetchOutputs(client, id, output);
      if (list) await mkdir(flags.output, { recursive: true });
      const files: { path: string; bytes: number; sha256: string }[] = [];
      for (const [index, bytes] of items.entries()) {
        const path = list ? join(flags.output, itemName(index)) : flags.output;
        await writeFile(path, bytes);
        files.push({ path, bytes: bytes.byteLength, sha256: sha256(bytes) });
      }
      cli.print(files, () => files.map((one) => `${one.path}  ${one.bytes} bytes  ${one.sha256}`));
    });
}
