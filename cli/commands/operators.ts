import type { Address } from "viem";
import type { Command } from "commander";
import type { OperatorView } from "../../protocol/http";
import { getOperator, getOperators } from "../../sdk";
import type { Cli } from "../context";
import { moneyOf } from "../render/money";
import { fields, table } from "../render/table";

/** Millionths, as a share of 1. */
const share = (reputation: number) => (reputation / 1_000_000).toFixed(3);

/** What an operator's reputation rests on. */
function records({ reputationByProgram }: OperatorView): string {
  return table(
    ["program", "reputation", "completed", "late", "silent", "invalid"],
    reputationByProgram.map(({ program, reputation, completed, late, silent, invalid }) => [
      program ?? "not known",
      share(reputation),
      ...[completed, late, silent, invalid],
    ]),
  );
}

/** Right answers of all that counted. */
function canariesOf({ canaries: { right, wrong, failed } }: OperatorView): string {
  const all = right + wrong + failed;
  return all === 0 ? "" : `${right}/${all}`;
}

/** `froben operators`: who works here. */
export function addOperators(program: Command, cli: Cli): void {
  program
    .command("operators")
    .description("list the operators: what they offer, hold and earned, and their reputation")
    .argument("[address]", "only this one, with its reputation at each program")
    .action(async (address: Address | undefined) => {
      const client = await cli.client();
      const money = moneyOf(await client.market());
      if (address !== undefined) {
        const operator = await getOperator(client, address);
        const { name, online, offer, owed, reputation, reputationBlock } = operator;
        return cli.print(operator, () => [
          ...fields([
            ["operator", name],
            ["address", operator.address],
            ["online", online ? "yes" : "no"],
            ["offer", `${offer.cores} cores, ${offer.memoryMb} MB`],
            ["owed", money(owed)],
            ["reputation", `${share(reputation)}, as of block ${reputationBlock}`],
          ]),
          "",
          records(operator),
        ]);
      }
      const operators = await getOperators(client);
      cli.print(operators, () =>
        table(
          [
            ...["operator", "address", "online", "offer", "running", "done", "failed", "struck"],
            ...["canaries", "owed", "reputation"],
          ],
          operators.map((operator) => [
            operator.name,
            operator.address,
            operator.online ? "yes" : "no",
            `${operator.offer.cores} cores, ${operator.offer.memoryMb} MB`,
            operator.running,
            operator.done,
            operator.failed,
            operator.struck,
            canariesOf(operator),
            money(operator.owed),
            share(operator.reputation),
          ]),
        ),
      );
    });
}
