// How durations depend on the size of a task's inputs. Pure.

/** Bytes are told apart by powers of two: class c has more than 2^(c-1) of them, and at most 2^c. */
export const MAX_SIZE_CLASS = 40;

/** @returns the size class of so many bytes of inputs: 0 for one or none, MAX_SIZE_CLASS for a TiB and more */
export function sizeClassOf(bytes: number): number {
  return bytes <= 1 ? 0 : Math.min(MAX_SIZE_CLASS, Math.ceil(Math.log2(bytes)));
}

/** What was learned of how a program's durations grow with the size of inputs. */
export interface Growth {
  /** Size class from which a program's sizes are counted: that of the first task of which it was known. */
  origin: number | undefined;
  /** By how much the logarithm of a duration rises with each class. */
  slope: number;
  /** How far apart the sizes were that this comes from: sum of squared distances in classes, each by its weight. */
  seen: number;
}

export const NO_GROWTH: Growth = { origin: undefined, slope: 0, seen: 0 };

/** That durations do not depend on sizes counts like results that are so far apart. */
const PRIOR_SEEN = 1;
/** The duration of an operator of which nothing is known is off by so many times what a known one's is off by, squared. */
const STRANGE = 7;
/** One result says at most that durations grow with this power of the size, or fall so, beyond what was expected. */
const MAX_POWER = 2;

/**
 * Improves the slope by one result: recursive least squares with a ridge (Bayesian linear regression with normal errors), on what the
 * result is off from what was expected.
 * @param distance of its size from those that the expectation came from, classes
 * @param off logarithm of the result over the expectation
 * @param strange how little is known of its operator, 0 to 1
 * @returns by how much the slope rises
 */
export function fit(growth: Growth, distance: number, off: number, strange: number): number {
  const most = MAX_POWER * Math.LN2 * Math.abs(distance);
  const weight = 1 / (1 + STRANGE * strange);
  growth.seen += weight * distance ** 2;
  const believed = Math.min(most, Math.max(-most, off));
  return (weight * distance * believed) / (growth.seen + PRIOR_SEEN);
}

/** Logarithm of how much results are off from what is expected, usually. */
const USUAL_OFF = 0.3;
/** From so many standard deviations on, a slope is not by chance; a slope below this power of the size does not matter. */
const CLEAR = 2;
const MIN_POWER = 0.2;

/**
 * Whether larger inputs clearly take longer: only then tasks are told apart by the size of theirs before they run.
 * @param was whether they did before the last result: half of it is enough then, so that the answer does not go to and fro
 */
export function growsClearly({ slope, seen }: Growth, was: boolean): boolean {
  const deviation = USUAL_OFF / Math.sqrt(seen + PRIOR_SEEN);
  const needed = Math.max(MIN_POWER * Math.LN2, CLEAR * deviation);
  return slope > (was ? needed / 2 : needed);
}
