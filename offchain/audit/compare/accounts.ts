import { zeroAddress } from "viem";
import { mapConcurrently } from "../chain/concurrently";
import type { MarketReader } from "../chain/market-reader";
import type { Recorder } from "../recorder";
import type { Ledger } from "../replay/ledger";
import { PARALLEL_READS } from "./parallel";

/** Holds every balance of the replay, and who acts for its owner, against the contract's. */
export async function compareAccounts(
  ledger: Ledger,
  reader: MarketReader,
  recorder: Recorder,
): Promise<void> {
  const check = recorder.check("Every balance equals the contract's");
  const delegates = recorder.check("Every operator's delegate equals the contract's");
  await mapConcurrently([...ledger.accounts.values()], PARALLEL_READS, async (account) => {
    const [[free, locked, owed], [unbonding, availableAt], delegate] = await Promise.all([
      reader.account(account.address),
      reader.unbonding(account.address),
      reader.delegate(account.address),
    ]);
    const ours = ledger.delegates.get(account.address)?.at(-1)?.delegate ?? zeroAddress;
    delegates.expect(
      ours === delegate,
      "delegate_differs",
      account.address,
      () => `the events make ${ours}, the contract has ${delegate}`,
    );
    const pots = { free, locked, owed, unbonding };
    for (const [pot, units] of Object.entries(pots) as [keyof typeof pots, bigint][])
      check.expect(
        account[pot] === units,
        "balance_differs",
        account.address,
        () => `${pot}: the events make ${account[pot]} units, the contract has ${units}`,
      );
    if (unbonding > 0n)
      check.expect(
        availableAt === account.unbondingAt,
        "unbonding_time_differs",
        account.address,
        () => `the events make ${account.unbondingAt}, the contract has ${availableAt}`,
      );
  });
}
