import type { Command } from "commander";
import { zeroAddress, type Address } from "viem";
import { setDelegate } from "../../sdk";
import { accountOf } from "../../sdk/client";
import type { Cli } from "../context";
import { usage } from "../errors";

/** `froben operator delegate`: the owner's key lets a hot key work with its stake. */
export function addDelegate(operator: Command, cli: Cli): void {
  operator
    .command("delegate")
    .description(
      "let a hot key claim, commit, settle and deliver with the stake of this command's key, never withdraw; it takes the place of any other",
    )
    .argument("<address>", 'the hot key\'s address, or "none"')
    .addHelpText(
      "after",
      "\nSigns with FROBEN_KEY or --keystore, the owner's. Then run the operator with the hot key and FROBEN_OWNER.\n\nExamples:\n  froben operator delegate 0x...\n  froben operator delegate none",
    )
    .action(async (text: string) => {
      if (text !== "none" && !/^0x[0-9a-fA-F]{40}$/.test(text))
        throw usage("<address>", "neither an address nor none", { value: text });
      const delegate = text === "none" ? zeroAddress : (text as Address);
      const client = await cli.client({ signing: true });
      const { address } = accountOf(client);
      const { transactionHash: transaction } = await setDelegate(client, delegate);
      cli.print({ operator: address, delegate, transaction }, () =>
        text === "none"
          ? `nobody acts for ${address} any more: ${transaction}`
          : `${delegate} acts for ${address}: ${transaction}`,
      );
    });
}
