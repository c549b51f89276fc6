import { concatHex, numberToHex, padHex, size, type Address, type Hex } from "viem";

/**
 * A contract that makes many calls to one address in one transaction, and reverts with what the first failing one said. As the
 * caller it is the operator, so that one transaction can hold hundreds of operator calls. By hand, since nothing but the bench
 * needs it:
 *
 *   at = 32; while (at < calldatasize) { length = word at `at`; copy `length` bytes behind it to memory; call the address in the
 *   first word with them; if it failed: revert with its answer; at += 32 + length }
 */
const RUNTIME =
  "60205b368110600a57005b" + // the loop's head
  "80358082602001" +
  "5f375f5f825f5f5f355af1602757" + // copy, call
  "3d5f5f3e3d5ffd" + // revert
  "5b01602001600256"; // next

/** Init code that returns it. */
export const MANY_CALLS: Hex = `0x60${(RUNTIME.length / 2).toString(16)}8060095f395ff3${RUNTIME}`;

/** @returns the contract's call data: calls `to` with each of `calls`, in order */
export const manyCalls = (to: Address, calls: Hex[]): Hex =>
  concatHex([
    padHex(to),
    ...calls.flatMap((call) => [numberToHex(size(call), { size: 32 }), call]),
  ]);
