import { Command } from "commander";
import type { GlobalFlags } from "./config";
import type { Cli, Io } from "./context";
import { EXIT, reportError } from "./errors";

type Add = (program: Command, cli: Cli) => void;

/** Commands of the first level by what adds them, in the order of the help. Each is loaded when it is called: most need a chain, some a simulator. */
const COMMANDS: readonly (readonly [names: string, load: () => Promise<Add>])[] = [
  ["status", () => import("./commands/status").then((file) => file.addStatus)],
  ["workflow", () => import("./commands/workflow").then((file) => file.addWorkflow)],
  ["why", () => import("./commands/why").then((file) => file.addWhy)],
  ["pause resume", () => import("./commands/pause").then((file) => file.addPause)],
  ["operators", () => import("./commands/operators").then((file) => file.addOperators)],
  ["validate", () => import("./commands/validate").then((file) => file.addValidate)],
  ["schema", () => import("./commands/schema").then((file) => file.addSchema)],
  ["quote", () => import("./commands/quote").then((file) => file.addQuote)],
  ["simulate", () => import("./commands/simulate").then((file) => file.addSimulate)],
  ["replay", () => import("./commands/replay").then((file) => file.addReplay)],
  ["submit", () => import("./commands/submit").then((file) => file.addSubmit)],
  ["rerun", () => import("./commands/rerun").then((file) => file.addRerun)],
  ["fetch", () => import("./commands/fetch").then((file) => file.addFetch)],
  ["withdraw", () => import("./commands/withdraw").then((file) => file.addWithdraw)],
  ["audit", () => import("./commands/audit").then((file) => file.addAudit)],
  ["operator coordinator", () => import("./commands/processes").then((file) => file.addProcesses)],
  ["deploy", () => import("./commands/setup").then((file) => file.addDeploy)],
  ["setup", () => import("./commands/setup").then((file) => file.addSetup)],
];

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
  const config = () => import("./config");
  const place = async () => (await config()).resolvePlace(flags(), io.env, io.cwd);
  return {
    io,
    flags,
    place,
    async client({ signing = false } = {}) {
      const { rpcUrl, coordinatorUrl, market } = (await config()).requirePlace(await place());
      const account = signing
        ? await (await import("./account")).readAccount(flags().keystore, io.env)
        : undefined;
      const { createClient } = await import("../sdk");
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

/** @param json whether mistakes are reported as data, so that commander need not say them in words */
function emptyProgram(io: Io, json: boolean): Command {
  return new Command("froben")
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
}

/** Builds of the command line what its arguments ask for: one command, or all where they name none. */
async function createProgram(args: string[], io: Io, json: boolean): Promise<Command> {
  const [named] = emptyProgram(io, json).parseOptions(args).operands;
  const program = emptyProgram(io, json);
  const cli = createCli(program, io);
  const asked = COMMANDS.filter(([names]) => named && names.split(" ").includes(named));
  for (const [, load] of asked.length > 0 ? asked : COMMANDS) (await load())(program, cli);
  return program;
}

/**
 * Runs one command line.
 * @param args without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage
 */
export async function runCli(args: string[], io: Io): Promise<number> {
  const json = args.includes("--json");
  try {
    const program = await createProgram(args, io, json);
    await program.parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return reportError(error, json, io.err);
  }
}
