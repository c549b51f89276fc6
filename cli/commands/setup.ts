import { Option, type Command } from "commander";
import type { Cli } from "../context";
import { runScript } from "../run-script";

/** `froben setup`: what the proving pipelines need on this machine, ahead of the first run. */
export function addSetup(program: Command, cli: Cli): void {
  program
    .command("setup")
    .description(
      "install the provers of a pipeline, its keys and circuits; quick when nothing is missing",
    )
    .addOption(
      new Option("--pipeline <name>", "which pipeline")
        .choices(["rollup", "membership", "both"])
        .default("both"),
    )
    .action(async ({ pipeline }: { pipeline: string }) => {
      await runScript("devnet/setup.ts", pipeline === "both" ? [] : [pipeline], cli.io.env);
    });
}

/** `froben deploy`: all arguments go to deploy/deploy.ts, which has its own --help. */
export function addDeploy(program: Command, cli: Cli): void {
  program
    .command("deploy")
    .description("deploy the contracts to any chain; see: froben deploy --help")
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_flags: object, command: Command) => {
      // These three are flags of every command, so that they never reach this one's arguments.
      const { rpcUrl, json, keystore } = cli.flags();
      const taken = [
        ...(rpcUrl ? ["--rpc-url", rpcUrl] : []),
        ...(keystore ? ["--keystore", keystore] : []),
        ...(json ? ["--json"] : []),
      ];
      await runScript("deploy/deploy.ts", [...taken, ...command.args], cli.io.env);
    });
}
