import type { Command } from "commander";
import { z } from "zod";
import { getOperators, getWorkflows } from "../../sdk";
import type { Cli } from "../context";
import { moneyOf } from "../render/money";
import { fields } from "../render/table";

/** `froben status`: is everything up, and how much is going on. */
export function addStatus(program: Command, cli: Cli): void {
  program
    .command("status")
    .description("say where the market is, and whether its coordinator keeps up")
    .addHelpText("after", "\nExample:\n  froben status --json")
    .action(async () => {
      const client = await cli.client();
      const [market, block, health, workflows, operators] = await Promise.all([
        client.market(),
        client.chain.getBlockNumber(),
        client.get("/v1/status", z.record(z.string(), z.unknown())),
        getWorkflows(client),
        getOperators(client),
      ]);
      const running = workflows.filter((view) => view.state === "running");
      const paused = running.filter((view) => view.paused).length;
      const online = operators.filter((operator) => operator.online).length;
      const spent = workflows.reduce((sum, view) => sum + BigInt(view.spent), 0n);
      cli.print({ market, block: Number(block), coordinator: health }, () =>
        fields([
          ["market", `${market.market} on chain ${market.chainId}`],
          ["block", Number(block)],
          ["coordinator", `${market.coordinator} at ${client.coordinatorUrl}`],
          [
            "workflows",
            `${workflows.length}, ${running.length} running${paused > 0 ? `, ${paused} of them paused` : ""}`,
          ],
          ["operators", `${operators.length}, ${online} online`],
          ["spent", moneyOf(market)(spent)],
        ]),
      );
    });
}
