import type { Command } from "commander";
import { specDigest } from "../../protocol/validate-spec";
import type { Cli } from "../context";
import {
  readArtifacts,
  submitAndPrint,
  withSubmissionOptions,
  type SubmissionFlags,
} from "../submission";
import { readSpec } from "./validate";

/** `froben submit`: pays for a run of a spec. */
export function addSubmit(program: Command, cli: Cli): void {
  const command = program
    .command("submit")
    .description("upload a spec with its artifacts and open the workflow on-chain")
    .argument("<spec.json>", "the spec");
  withSubmissionOptions(command)
    .addHelpText(
      "after",
      "\nSigns with FROBEN_KEY or --keystore.\n\nExample:\n  froben submit workflow.json --artifact request.json statement.bin --key monday --wait",
    )
    .action(async (path: string, flags: SubmissionFlags) => {
      const spec = await readSpec(path);
      const artifacts = await readArtifacts(flags.artifact);
      const client = await cli.client({ signing: true });
      await submitAndPrint(cli, client, { spec, digest: specDigest(spec), artifacts }, flags);
    });
}
