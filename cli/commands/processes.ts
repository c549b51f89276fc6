import type { Command } from "commander";
import type { Cli } from "../context";
import { runScript } from "../run-script";
import { addDelegate } from "./delegate";
import { addPrograms } from "./programs";

/** Flags of a process, each with the variable of its environment that it sets. */
type Variables = Record<string, [variable: string, description: string]>;

const OPERATOR: Variables = {
  "--name <name>": ["FROBEN_NAME", "how the operator calls itself"],
  "--data-dir <folder>": ["FROBEN_DATA_DIR", "its journal, artifacts and runs"],
  "--programs <paths>": ["FROBEN_PROGRAMS", "manifests, or folders of them, that may run here"],
  "--stake <units>": ["FROBEN_STAKE", "stake to keep"],
  "--cores <n>": ["FROBEN_CORES", "cores to offer; all if not given"],
  "--memory-mb <n>": ["FROBEN_MEMORY_MB", "memory to offer; all if not given"],
  "--concurrency <n>": ["FROBEN_CONCURRENCY", "tasks at the same time"],
  "--ask <list>": ["FROBEN_ASK", "asked price by time, e.g. task=20,gpu=400: units an hour"],
  "--price-bps <n>": ["FROBEN_PRICE_BPS", "asked price, basis points of a step's ceiling"],
  "--verifiers <list>": ["FROBEN_VERIFIERS", "verifier adapters to claim for"],
  "--operator-keystore <file>": ["FROBEN_OPERATOR_KEYSTORE", "encrypted key"],
  "--owner <address>": ["FROBEN_OWNER", "whose stake the key works with, as its delegate"],
};

const COORDINATOR: Variables = {
  "--data-dir <folder>": ["FROBEN_DATA_DIR", "its database and artifacts"],
  "--port <n>": ["FROBEN_PORT", "port of the HTTP API; 0 for any"],
  "--host <address>": ["FROBEN_HOST", "address to listen on"],
  "--programs <paths>": ["FROBEN_PROGRAMS", "manifests of the validation programs"],
};

/** What the market's place becomes in a child's environment; what is not known is left to the child to ask for. */
async function placeOf(cli: Cli): Promise<Record<string, string>> {
  const place = await cli.place();
  const known: [string, string | number | undefined][] = [
    ["FROBEN_RPC_URL", place.rpcUrl],
    ["FROBEN_COORDINATOR_URL", place.coordinatorUrl],
    ["FROBEN_MARKET", place.market],
    ["FROBEN_FROM_BLOCK", place.fromBlock],
  ];
  return Object.fromEntries(
    known.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

function addRunner(
  parent: Command,
  cli: Cli,
  about: { description: string; script: string; variables: Variables; help: string },
): void {
  const run = parent.command("run").description(about.description);
  const variableOf = new Map<string, string>();
  for (const [flag, [variable, description]] of Object.entries(about.variables)) {
    run.option(flag, `${description} (${variable})`);
    variableOf.set(run.options.at(-1)!.attributeName(), variable);
  }
  run.addHelpText("after", about.help).action(async (flags: Record<string, string>) => {
    const given = Object.entries(flags).map(([name, value]) => [variableOf.get(name)!, value]);
    const env = {
      ...cli.io.env,
      ...(await placeOf(cli)),
      ...(Object.fromEntries(given) as object),
    };
    await runScript(about.script, [], env);
  });
}

/** `froben operator run`, `froben coordinator run`: long-running processes, configured by flags or environment. */
export function addProcesses(program: Command, cli: Cli): void {
  const operator = program
    .command("operator")
    .description("run an operator, allow programs, or name its hot key");
  addDelegate(operator, cli);
  addPrograms(operator, cli);
  addRunner(operator, cli, {
    description: "run an operator until SIGTERM, which drains it; a second one stops it",
    script: "operator/main.ts",
    variables: OPERATOR,
    help: "\nThe key comes from FROBEN_OPERATOR_KEY or a keystore; every variable is explained in operator/.env.example.\n\nExample, against another machine's coordinator:\n  FROBEN_OPERATOR_KEY=0x... froben operator run --rpc-url https://rpc.example --coordinator-url https://froben.example \\\n    --data-dir ~/.froben-operator --programs provers/groth16",
  });
  addRunner(program.command("coordinator").description("run a coordinator"), cli, {
    description: "run a coordinator until SIGTERM",
    script: "offchain/main.ts",
    variables: COORDINATOR,
    help: "\nThe key comes from FROBEN_COORDINATOR_KEY; every variable is explained in offchain/.env.example.\n\nExample:\n  FROBEN_COORDINATOR_KEY=0x... froben coordinator run --rpc-url https://rpc.example --market 0x... --from-block 123 \\\n    --data-dir ~/.froben-coordinator --port 8100",
  });
}
