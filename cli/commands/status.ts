import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { z } from "zod";
import { getOperators, getWorkflows, isOver, type Client } from "../../sdk";
import type { Cli } from "../context";
import { burnDown, burnDowns, burnDownTable } from "../render/burn-down";
import { moneyOf } from "../render/money";
import { fields } from "../render/table";

/** Workflows whose money is listed: the newest of those that still spend. */
const MAX_LISTED = 20;
/** How often a watched status is looked at, milliseconds. */
const WATCH_MS = 1_000;

/** Everything that `froben status` shows. */
async function look(client: Client) {
  const [market, block, coordinator, workflows, operators] = await Promise.all([
    client.market(),
    client.chain.getBlockNumber(),
    client.get("/v1/status", z.record(z.string(), z.unknown())),
    getWorkflows(client),
    getOperators(client),
  ]);
  const running = workflows.filter((view) => view.state === "running");
  // Of what has ended, claims can still be delivered and paid.
  const spending = workflows.filter((view) => !isOver(view));
  return {
    market,
    block: Number(block),
    coordinator,
    workflows: {
      all: workflows.length,
      running: running.length,
      paused: running.filter((view) => view.paused).length,
    },
    operators: {
      all: operators.length,
      online: operators.filter((operator) => operator.online).length,
    },
    money: burnDown(workflows),
    burnDown: burnDowns(spending.slice(-MAX_LISTED)),
    spending: spending.length,
  };
}

type Seen = Awaited<ReturnType<typeof look>>;

function render(seen: Seen, coordinatorUrl: string): string[] {
  const { market, block, workflows, operators, money, burnDown: burns } = seen;
  const amount = moneyOf(market);
  const paused = workflows.paused > 0 ? `, ${workflows.paused} of them paused` : "";
  return [
    ...fields([
      ["market", `${market.market} on chain ${market.chainId}`],
      ["block", block],
      ["coordinator", `${market.coordinator} at ${coordinatorUrl}`],
      ["workflows", `${workflows.all}, ${workflows.running} running${paused}`],
      ["operators", `${operators.all}, ${operators.online} online`],
      ["paid", `${amount(money.paid)} into escrow`],
      ["spent", amount(money.spent)],
      ["refunded", amount(money.refunded)],
      ["left", amount(money.left)],
    ]),
    ...(burns.length > 0 ? ["", burnDownTable(burns, amount)] : []),
    ...(seen.spending > burns.length ? [`and ${seen.spending - burns.length} older ones`] : []),
  ];
}

/** Prints the status whenever the money or the work has changed, until nothing can be spent any more. */
async function watchStatus(cli: Cli, client: Client): Promise<void> {
  for (let last = ""; ;) {
    const seen = await look(client);
    const { workflows, operators, money, burnDown: burns } = seen;
    const state = JSON.stringify([workflows, operators, money, burns]);
    if (state !== last) {
      if (cli.flags().json) cli.io.out(`${JSON.stringify(seen)}\n`);
      else cli.io.out(`${render(seen, client.coordinatorUrl).join("\n")}\n\n`);
      last = state;
    }
    if (seen.spending === 0) return;
    await delay(WATCH_MS);
  }
}

/** `froben status`: is everything up, how much is going on, and what is left of the money. */
export function addStatus(program: Command, cli: Cli): void {
  program
    .command("status")
    .description("say where the market is, whether its coordinator keeps up, and where escrows go")
    .option(
      "--watch",
      "say it after every change, until no workflow can spend any more (with --json: a JSON value per line)",
    )
    .addHelpText("after", "\nExamples:\n  froben status --json\n  froben status --watch")
    .action(async ({ watch }: { watch?: boolean }) => {
      const client = await cli.client();
      if (watch) return watchStatus(cli, client);
      const seen = await look(client);
      cli.print(seen, () => render(seen, client.coordinatorUrl));
    });
}
