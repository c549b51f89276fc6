import type { Command } from "commander";
import type { Address } from "viem";
import { getOwed, withdrawOwed } from "../../sdk";
import { accountOf } from "../../sdk/client";
import type { Cli } from "../context";
import { usage } from "../errors";
import { moneyOf } from "../render/money";

/** `froben withdraw`: everything that the market owes to the key's account. */
export function addWithdraw(program: Command, cli: Cli): void {
  program
    .command("withdraw")
    .description(
      "pay out what the market owes to the key's account: refunds, rewards, challenge shares",
    )
    .option("--to <address>", "another address to pay to")
    .addHelpText("after", "\nSigns with FROBEN_KEY or --keystore.")
    .action(async ({ to }: { to?: string }) => {
      if (to !== undefined && !/^0x[0-9a-fA-F]{40}$/.test(to))
        throw usage("--to", "--to: not an address", { value: to });
      const client = await cli.client({ signing: true });
      const { address } = accountOf(client);
      const owed = await getOwed(client);
      if (owed === 0n) {
        cli.print({ address, wei: "0", transaction: null }, () => `nothing is owed to ${address}`);
        return;
      }
      const receipt = await withdrawOwed(client, (to ?? address) as Address);
      const data = { address, wei: owed.toString(), transaction: receipt.transactionHash };
      const market = await client.market();
      const paid = moneyOf(market)(owed / BigInt(market.unit));
      cli.print(data, () => `${paid} paid in ${receipt.transactionHash}`);
    });
}
