import type { Hex } from "viem";
import { THROUGH_CONTRACT, type Scene } from "./scene";

/** Holds what events say came in against the wei that their transactions carried. */
export function checkPaymentsIn({ events, calls, unit, recorder }: Scene): void {
  const check = recorder.check("Money that came in is what the transactions carried");
  const said = new Map<Hex, bigint>();
  const add = (tx: Hex, units: bigint) => said.set(tx, (said.get(tx) ?? 0n) + units * unit);
  for (const event of events) {
    if (event.name === "StakeDeposited" || event.name === "EscrowToppedUp")
      add(event.tx, event.args.amount);
    if (event.name === "WorkflowOpened") add(event.tx, event.args.escrow);
  }
  for (const [tx, wei] of said) {
    const call = calls.get(tx);
    if (!call) {
      check.skip(THROUGH_CONTRACT);
      continue;
    }
    check.expect(
      call.value === wei,
      "payment_differs",
      `transaction ${tx}`,
      () => `the events say ${wei} wei, the transaction carried ${call.value}`,
    );
  }
}
