import type { Recorder } from "../recorder";
import type { MoneySummary } from "../report";
import { escrowLeft, type Ledger } from "../replay/ledger";

const CHECK = "In less out equals escrow, stake, owed and burned, to the wei";

/**
 * Adds everything up. What came in less what went out must be in exactly one of the pots, and the contract must hold it.
 * @param unit wei of one unit
 * @param balance wei that the contract holds at the same block
 * @param contractHeld units that the contract says came in less those that went out
 */
export function conservation(
  ledger: Ledger,
  unit: bigint,
  balance: bigint,
  contractHeld: bigint,
  recorder: Recorder,
): MoneySummary {
  const pots = { escrow: 0n, stake: 0n, bonds: 0n, owed: 0n };
  for (const workflow of ledger.workflows.values()) pots.escrow += escrowLeft(workflow);
  for (const account of ledger.accounts.values()) {
    pots.stake += account.free + account.locked + account.unbonding;
    pots.bonds += account.locked;
    pots.owed += account.owed;
  }
  const held = ledger.in - ledger.out;
  const difference = held - pots.escrow - pots.stake - pots.owed - ledger.burned;
  const forced = balance - held * unit;
  const check = recorder.check(CHECK);
  check.expect(
    difference === 0n,
    "books_do_not_add_up",
    "market",
    () => `in less out is ${difference} units off the pots`,
  );
  check.expect(
    held === contractHeld,
    "held_differs",
    "market",
    () => `in less out is ${held} units, the contract says ${contractHeld}`,
  );
  check.expect(
    forced >= 0n,
    "balance_too_low",
    "market",
    () => `the contract holds ${-forced} wei less than came in and did not go out`,
  );
  if (forced > 0n)
    check.find(
      "info",
      "forced_ether",
      "market",
      `${forced} wei were pushed in past the contract's functions; they belong to nobody`,
    );
  const wei = (units: bigint) => String(units * unit);
  return {
    in: wei(ledger.in),
    out: wei(ledger.out),
    escrow: wei(pots.escrow),
    stake: wei(pots.stake),
    bonds: wei(pots.bonds),
    owed: wei(pots.owed),
    burned: wei(ledger.burned),
    balance: String(balance),
    forced: String(forced),
    difference: wei(difference),
  };
}
