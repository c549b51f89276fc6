/** When a standby copy of a running task is made; times in milliseconds. */
export interface StandbyPolicy {
  /** A task is a straggler once it runs for so many times what it usually takes. */
  factor: number;
  /** Between a copy's end and its taking effect: the holder has to release its claim first. */
  releaseMs: number;
}

/** What is usual where a step asks for copies. A block and a message pass until a claim is released. */
export const STANDBY: StandbyPolicy = { factor: 2, releaseMs: 15_000 };

/** @param expectedMs what such a task usually takes, whoever runs it */
export function isStraggling(
  elapsedMs: number,
  expectedMs: number,
  { factor }: Pick<StandbyPolicy, "factor">,
): boolean {
  return elapsedMs > factor * expectedMs;
}

/**
 * Whether a copy should take effect before the holder ends.
 * @param copyMs the copy's run
 * @param holderMs until the holder should end, from now
 */
export function isWorthACopy(
  copyMs: number,
  holderMs: number,
  { releaseMs }: Pick<StandbyPolicy, "releaseMs">,
): boolean {
  return copyMs + releaseMs < holderMs;
}
