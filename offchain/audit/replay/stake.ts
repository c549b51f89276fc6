import { getAddress } from "viem";
import type { EventOf } from "../chain/market-event";
import { RULES, type Replay } from "./context";

/** Stake comes in. */
export function stakeDeposited(
  { ledger, recorder, parameters }: Replay,
  { args }: EventOf<"StakeDeposited">,
  where: string,
): void {
  const account = ledger.account(args.operator);
  recorder
    .check(RULES.stake)
    .expect(
      args.amount > 0n && account.free + account.locked + args.amount >= parameters.minStake,
      "stake_below_minimum",
      where,
      () => `${args.operator} holds less than the minimum of ${parameters.minStake} units`,
    );
  account.free += args.amount;
  account.deposited += args.amount;
  ledger.in += args.amount;
}

/** Free stake starts its way out. */
export function unbondingStarted(
  { ledger, recorder, parameters }: Replay,
  { args, time }: EventOf<"UnbondingStarted">,
  where: string,
): void {
  const account = ledger.account(args.operator);
  const check = recorder.check(RULES.stake);
  check.expect(
    args.amount <= account.free,
    "unbonding_above_free",
    where,
    () => `unbonds ${args.amount} units of ${account.free} free ones`,
  );
  check.expect(
    args.availableAt === time + parameters.unbondingDelay,
    "unbonding_delay",
    where,
    () => `available at ${args.availableAt}, not ${parameters.unbondingDelay} s later`,
  );
  account.free -= args.amount;
  account.unbonding += args.amount;
  account.unbondingAt = args.availableAt;
}

/** Unbonded stake leaves. */
export function stakeWithdrawn(
  { ledger, recorder }: Replay,
  { args, time }: EventOf<"StakeWithdrawn">,
  where: string,
): void {
  const account = ledger.account(args.operator);
  const check = recorder.check(RULES.stake);
  check.expect(
    args.amount === account.unbonding,
    "withdrawn_not_unbonded",
    where,
    () => `withdraws ${args.amount} units, ${account.unbonding} were unbonding`,
  );
  check.expect(
    time >= account.unbondingAt,
    "withdrawn_too_early",
    where,
    () => `withdrawn at ${time}, available at ${account.unbondingAt}`,
  );
  account.unbonding -= args.amount;
  ledger.out += args.amount;
}

/** Rewards, refunds, shares and fees leave. */
export function owedWithdrawn(
  { ledger, recorder }: Replay,
  { args }: EventOf<"OwedWithdrawn">,
  where: string,
): void {
  const account = ledger.account(args.account);
  recorder
    .check(RULES.settlements)
    .expect(
      args.amount === account.owed && args.amount > 0n,
      "withdrawn_not_owed",
      where,
      () => `withdraws ${args.amount} units, ${account.owed} were owed`,
    );
  account.owed -= args.amount;
  ledger.out += args.amount;
}

/** Somebody may act for an operator from now on, instead of anybody else. */
export function delegateSet(
  { ledger }: Replay,
  { args, block, logIndex, time }: EventOf<"DelegateSet">,
): void {
  const { address } = ledger.account(args.operator);
  const delegation = {
    since: [block, logIndex] as [number, number],
    time,
    delegate: getAddress(args.delegate),
  };
  ledger.delegates.set(address, [...(ledger.delegates.get(address) ?? []), delegation]);
}
