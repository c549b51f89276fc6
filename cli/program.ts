import { Command } from "commander";
import { createClient } from "../sdk";
import { readAccount } from "./account";
import { addAudit } from "./commands/audit";
import { addFetch } from "./commands/fetch";
import { addOperators } from "./commands/operators";
import { addPause } from "./commands/pause";
import { addProcesses } from "./commands/processes";
import { addQuote } from "./commands/quote";
import { addReplay } from "./commands/replay";
import { addRerun } from "./commands/rerun";
import { addSchema } from "./commands/schema";
import { addDeploy, addSetup } from "./commands/setup";
import { addSimulate } from "./commands/simulate";
import { addStatus } from "./commands/status";
import { addSubmit } from "./commands/submit";
import { addValidate } from "./commands/validate";
import { addWhy } from "./commands/why";
import { addWithdraw } from "./commands/withdraw";
import { addWorkflow } from "./commands/workflow";
import { requirePlace, resolvePlace, type GlobalFlags } from "./config";
import type { Cli, Io } from "./context";
import { EXIT, reportError } from "./errors";

const EPILOGUE = `
Where the market is comes from flags, else from FROBEN_RPC_URL, FROBEN_COORDINATOR_URL, FROBEN_MARKET and
FROBEN_FROM_BLOCK, else from .froben/devnet.json, which a devnet that is left running writes.

Exit codes: 0 done, 1 it failed, 2 wrong usage or configuration.

Examples:
  npm start -- --keep          # a market on this machine, left running
  npx froben status
  npx froben workflow list
  npx froben audit`;

function createCli(program: Command, io: Io): Cli {
  const flags = () => program.opts<GlobalFlags>();
  const place = () => resolvePlace(flags(), io.env, io.cwd);
  return {
    io,
    flags,
    place,
    async client({ signing = false } = {}) {
      const { rpcUrl, coordinatorUrl, market } = requirePlace(place());
      const account = signing ? await readAccount(flags().keystore, io.env) : undefined;
      return createClient({ rpcUrl, coordinatorUrl, market, account });
    },
    print(data, human) {
      io.out(
        flags().json ? `${JSON.stringify(data, null, 2)}\n` : `${[human()].flat().join("\n")}\n`,
      );
    },
    note(line) {
      if (!flags().json) io.err(`${line}\n`);
    },
  };
}

/**
 * Builds the whole command line.
 * @param json whether mistakes are reported as data, so that commander need not say them in words
 */
export function createProgram(io: Io, json: boolean): Command {
  const program = new Command("froben")
    .description("An open proof market: pay for proofs, run an operator, audit every payment.")
    .option("--json", "print data instead of text; errors too, on the error stream")
    .option("--rpc-url <url>", "the chain's JSON-RPC")
    .option("--coordinator-url <url>", "the coordinator's HTTP API")
    .option("--market <address>", "the market contract to insist on")
    .option("--from-block <n>", "block of the contract's deployment")
    .option(
      "--keystore <file>",
      "encrypted key of the requester (password: FROBEN_KEYSTORE_PASSWORD)",
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: io.out, writeErr: json ? () => {} : io.err })
    .addHelpText("after", EPILOGUE)
    .showHelpAfterError("(--help explains)")
    .exitOverride();
  const cli = createCli(program, io);
  for (const add of [
    addStatus,
    addWorkflow,
    addWhy,
    addPause,
    addOperators,
    addValidate,
    addSchema,
    addQuote,
    addSimulate,
    addReplay,
    addSubmit,
    addRerun,
    addFetch,
    addWithdraw,
    addAudit,
    addProcesses,
    addDeploy,
    addSetup,
  ])
    add(program, cli);
  return program;
}

/**
 * Runs one command line.
 * @param args without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage
 */
export async function runCli(args: string[], io: Io): Promise<number> {
  const json = args.includes("--json");
  const program = createProgram(io, json);
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return reportError(error, json, io.err);
  }
}
