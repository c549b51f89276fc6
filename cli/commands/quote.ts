import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { LOCAL_CHAINS } from "../../protocol/local-chains";
import type { Spec } from "../../protocol/spec";
import {
  DEFAULT_UNIT,
  estimate,
  ETHER,
  formatUnits,
  FrobenError,
  quote,
  type Client,
  type Currency,
  type Estimate,
  type Quote,
} from "../../sdk";
import type { Cli } from "../context";
import { usage } from "../errors";
import { gwei } from "../gwei";
import { wholeNumber } from "../numbers";
import { readText } from "../read-text";
import { readWorkflow } from "../read-workflow";
import { assumptions, expectations, spanOf } from "../render/estimate";
import { fields, table } from "../render/table";

interface Flags {
  feeBps: number;
  /** Wei. */
  gasPrice?: bigint;
  unit?: number;
  offline?: boolean;
  model?: string;
}

/** What a quote needs to know of a market. */
interface Terms {
  unit: bigint;
  currency: Currency;
  /** Wei; unknown, or of no use where bonds are in a token. */
  gasPrice: bigint | undefined;
  localChain: boolean;
  /** A market that can be asked. */
  client?: Client;
}

/** Flags win over what the market says, which is asked if it is known where that is. */
async function termsOf(cli: Cli, flags: Flags): Promise<Terms> {
  const { rpcUrl, coordinatorUrl } = await cli.place();
  const unit = flags.unit === undefined ? undefined : BigInt(flags.unit);
  if (flags.offline || rpcUrl === undefined || coordinatorUrl === undefined)
    return {
      unit: unit ?? DEFAULT_UNIT,
      currency: ETHER,
      gasPrice: flags.gasPrice,
      localChain: false,
    };
  const client = await cli.client();
  const market = await client.market();
  const gasPrice = market.currency.token
    ? undefined
    : (flags.gasPrice ?? (await client.chain.getGasPrice()));
  return {
    unit: unit ?? BigInt(market.unit),
    currency: market.currency,
    gasPrice,
    localChain: LOCAL_CHAINS.includes(market.chainId),
    client,
  };
}

/** @returns null when there is no market to ask, or none that has the time now */
async function estimateOf(
  cli: Cli,
  { client }: Terms,
  spec: Spec,
  path: string | undefined,
): Promise<Estimate | null> {
  const { parseModel } = await import("../../offchain/simulate/read/spec");
  const model = path === undefined ? {} : parseModel(await readText(path), path);
  if (!client) return null;
  try {
    return await estimate(client, spec, model);
  } catch (error) {
    if (!(error instanceof FrobenError) || !error.retryable) throw error;
    cli.note(`no time and price are expected here: ${error.message}`);
    return null;
  }
}

function render(
  made: Quote,
  { unit, currency, gasPrice }: Terms,
  expected: Estimate | null,
): string[] {
  const money = (units: string) => formatUnits(units, unit, currency);
  return [
    ...fields([
      ["spec", made.name],
      ["digest", made.spec],
      ["most tasks", made.tasks],
      ["work", money(made.work)],
      ["fee", `${money(made.fee)} (${made.feeBps} basis points)`],
      ["escrow", `${money(made.escrow)}; what is not spent comes back`],
      ...expectations(expected, money),
    ]),
    "",
    table(
      [
        "step",
        "tasks at most",
        "ceiling",
        "bond",
        "subtotal",
        "window",
        ...(expected ? ["expected"] : []),
      ],
      made.steps.map(({ step, tasks, ceiling, bond, subtotal, windowSeconds }, i) => {
        const run = expected?.steps[i];
        return [
          step,
          tasks,
          money(ceiling),
          money(bond),
          money(subtotal),
          `${windowSeconds} s`,
          ...(run ? [`${run.tasks} of ${spanOf(run.seconds)}, ${run.basis}`] : []),
        ];
      }),
    ),
    ...assumptions(expected),
    ...made.warnings.map(({ message }) => `warning: ${message}`),
    ...(gasPrice === undefined && !currency.token
      ? ["bonds are not judged: --gas-price says what gas costs"]
      : []),
  ];
}

/** `froben quote`: what a run costs at most, before anything is paid. */
export function addQuote(program: Command, cli: Cli): void {
  program
    .command("quote")
    .description(
      "say what a run costs at most, and what it is expected to cost and take on today's operators",
    )
    .argument("<workflow>", "a spec (JSON), or a module (TypeScript, JavaScript) that exports one")
    .argument("[file]", "with --json: write the data there, and print the text all the same")
    .option("--fee-bps <n>", "the coordinator's fee, basis points of what is spent", wholeNumber, 0)
    .option("--gas-price <gwei>", "judge bonds at this price; the chain's if not given", gwei)
    .option("--unit <wei>", "wei of one unit; the market's if not given", wholeNumber)
    .option("--model <file>", "durations, items and runs of steps (JSON): docs/scheduling.md")
    .option("--offline", "ask no market, even if it is known where one is")
    .addHelpText(
      "after",
      "\nA module is run; it exports what defineWorkflow gives, or a function that gives it, by default or as `workflow`.\nTime and price are simulated by the coordinator; they count no transfers and no other work: docs/scheduling.md.\n\nExamples:\n  froben quote workflow.json --fee-bps 100\n  froben quote my-workflow.ts --json quote.json",
    )
    .action(async (path: string, file: string | undefined, flags: Flags) => {
      if (file !== undefined && !cli.flags().json)
        throw usage("file", "a file is written with --json only", { value: file });
      const spec = await readWorkflow(path, cli.io.cwd);
      const terms = await termsOf(cli, flags);
      const expected = await estimateOf(cli, terms, spec, flags.model);
      const made = quote(spec, { ...terms, feeBps: flags.feeBps });
      const { unit, currency, gasPrice = null } = terms;
      const data = {
        ...made,
        unit: unit.toString(),
        currency: currency.symbol,
        gasPrice: gasPrice?.toString() ?? null,
        estimate: expected,
      };
      if (file === undefined) return cli.print(data, () => render(made, terms, expected));
      await writeFile(resolve(cli.io.cwd, file), `${JSON.stringify(data, null, 2)}\n`);
      cli.io.out(`${render(made, terms, expected).join("\n")}\n`);
    });
}
