import { erc20Abi, isAddressEqual, parseEventLogs, zeroAddress, type Hex } from "viem";
import { mapConcurrently } from "../chain/concurrently";
import { THROUGH_CONTRACT, type Scene } from "./scene";

const PARALLEL_RECEIPTS = 16;

/** @returns what a transaction brought the market: wei, or the token's smallest units; or why that can't be told */
async function broughtBy(
  { client, calls, token, market }: Scene,
  hash: Hex,
): Promise<bigint | string> {
  if (token === zeroAddress) return calls.get(hash)?.value ?? THROUGH_CONTRACT;
  const { logs } = await client.getTransactionReceipt({ hash });
  const transfers = parseEventLogs({ abi: erc20Abi, eventName: "Transfer", logs }).filter(
    ({ address }) => isAddressEqual(address, token),
  );
  // The contract has asked the token's balances, and so does the audit: nothing is believed for this.
  if (transfers.length === 0) return "the token logs no transfers";
  return transfers
    .filter(({ args }) => isAddressEqual(args.to, market))
    .reduce((sum, { args }) => sum + args.value, 0n);
}

/** Holds what events say came in against what their transactions carried. */
export async function checkPaymentsIn(scene: Scene): Promise<void> {
  const { events, unit, recorder } = scene;
  const check = recorder.check("Money that came in is what the transactions carried");
  const said = new Map<Hex, bigint>();
  const add = (tx: Hex, units: bigint) => said.set(tx, (said.get(tx) ?? 0n) + units * unit);
  for (const event of events) {
    if (event.name === "StakeDeposited" || event.name === "EscrowToppedUp")
      add(event.tx, event.args.amount);
    if (event.name === "WorkflowOpened") add(event.tx, event.args.escrow);
  }
  await mapConcurrently([...said], PARALLEL_RECEIPTS, async ([tx, wei]) => {
    const brought = await broughtBy(scene, tx);
    if (typeof brought === "string") check.skip(brought);
    else
      check.expect(
        brought === wei,
        "payment_differs",
        `transaction ${tx}`,
        () => `the events say ${wei} wei, the transaction carried ${brought}`,
      );
  });
}
