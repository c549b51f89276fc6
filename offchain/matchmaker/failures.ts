/** How attempts ended. */
export interface Tally {
  runs: number;
  failed: number;
}

/** Before anything has happened, so many attempts count as made, and so many of them as failed. */
const PRIOR_FAILED = 0.5;
const PRIOR_ATTEMPTS = 5;
/** The market's share of failures counts like so many attempts of an operator; the operator's like so many of its at a program. */
const MARKET_ATTEMPTS = 10;
const OPERATOR_ATTEMPTS = 5;
/** So many failures count that nobody has seen: less is known of who has done less, so a new name is expected a little worse. */
const UNSEEN_FAILED = 0.25;
/** Share of operators that are taken to be broken, and of their attempts that fail; that share counts like so many attempts. */
const BROKEN = 0.02;
const BROKEN_RATE = 0.95;
const BROKEN_ATTEMPTS = 2;
/** What works fails between so and so often, as far as telling the two apart goes. */
const MIN_USUAL = 0.03;
const MAX_USUAL = 0.5;
/** A record counts like so many attempts at most, and one less for each that was made here. */
const RECORD_ATTEMPTS = 20;
/** Of f failures half counts after so many times f rounds without another. */
const HALF_ROUNDS = 5;

/** @returns share of attempts that fail in a market */
export function usualRate({ runs, failed }: Tally): number {
  return (failed + PRIOR_FAILED) / (runs + failed + PRIOR_ATTEMPTS);
}

/**
 * Failures count less as time goes by, or nobody would ever learn that what was broken works again; the more there are, the longer.
 * @param usual share of attempts that fail in the market
 * @param operator its attempts at all programs
 * @param rounds attempts that others have made since its last failure, each
 * @param pair its attempts at one program
 * @param record what its reputation rests on: `runs` that went well, and what counts against it
 * @returns share of its next attempts at that program which are expected to fail, between 0 and 1
 */
export function expectedRate(
  usual: number,
  operator: Tally,
  rounds: number,
  pair?: Tally,
  record?: Tally,
): number {
  const left = operator.failed === 0 ? 0 : 0.5 ** (rounds / (HALF_ROUNDS * operator.failed));
  const own = { runs: operator.runs, failed: operator.failed * left };
  const atProgram = pair && { runs: pair.runs, failed: pair.failed * left };
  const alone = rateOf(usual, own, atProgram);
  const told = record && toldOf(operator, record);
  if (!told) return alone;
  const { runs, failed } = own;
  const both = { runs: runs + told.runs, failed: failed + told.failed };
  // It may have been paid for by itself: it makes nobody better than a market's average.
  return Math.max(rateOf(usual, both, atProgram), Math.min(alone, usual));
}

/** Whether a record counts beside what an operator has done here. */
export const isLittle = ({ runs, failed }: Tally): boolean => runs + failed < RECORD_ATTEMPTS;

/** @returns a record, as far as it counts beside what an operator has done here; nothing if it says nothing */
function toldOf({ runs, failed }: Tally, record: Tally): Tally | undefined {
  const most = RECORD_ATTEMPTS - runs - failed;
  const all = record.runs + record.failed;
  if (most <= 0 || all <= 0) return undefined;
  const part = Math.min(1, most / all);
  return { runs: record.runs * part, failed: record.failed * part };
}

function rateOf(usual: number, { runs, failed }: Tally, pair: Tally | undefined): number {
  const own =
    (failed + usual * MARKET_ATTEMPTS + UNSEEN_FAILED) /
    (runs + failed + MARKET_ATTEMPTS + UNSEEN_FAILED);
  const working = pair
    ? (pair.failed + own * OPERATOR_ATTEMPTS) / (pair.runs + pair.failed + OPERATOR_ATTEMPTS)
    : own;
  const broken = (failed + BROKEN_RATE * BROKEN_ATTEMPTS) / (runs + failed + BROKEN_ATTEMPTS);
  const chance = chanceBroken(usual, runs, failed);
  return chance * Math.max(broken, working) + (1 - chance) * working;
}

/** How likely it is that an operator fails because it is broken, and not now and then as all do. */
function chanceBroken(usual: number, runs: number, failed: number): number {
  const by = Math.min(MAX_USUAL, Math.max(MIN_USUAL, usual));
  const odds =
    Math.log(BROKEN / (1 - BROKEN)) +
    failed * Math.log(BROKEN_RATE / by) +
    runs * Math.log((1 - BROKEN_RATE) / (1 - by));
  return 1 / (1 + Math.exp(-odds));
}
