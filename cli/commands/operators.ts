import type { Command } from "commander";
import { getOperators } from "../../sdk";
import type { Cli } from "../context";
import { moneyOf } from "../render/money";
import { table } from "../render/table";

/** `froben operators`: who works here. */
export function addOperators(program: Command, cli: Cli): void {
  program
    .command("operators")
    .description("list the operators: what they offer, hold and earned")
    .action(async () => {
      const client = await cli.client();
      const [market, operators] = await Promise.all([client.market(), getOperators(client)]);
      const money = moneyOf(market);
      cli.print(operators, () =>
        table(
          ["operator", "address", "online", "offer", "running", "done", "failed", "struck", "owed"],
          operators.map((operator) => [
            operator.name,
            operator.address,
            operator.online ? "yes" : "no",
            `${operator.offer.cores} cores, ${operator.offer.memoryMb} MB`,
            operator.running,
            operator.done,
            operator.failed,
            operator.struck,
            money(operator.owed),
          ]),
        ),
      );
    });
}
