import type { Digest } from "../../../protocol/digest";
import type { Register } from "../../../protocol/http";
import { Experience, type Known } from "../../matchmaker/experience";
import type { Growth } from "../../matchmaker/size";
import type { SimOperator } from "../model";

/** What was learned of an operator at a program. */
export interface LearnedOf {
  program: Digest;
  operator: string;
  learned: Known;
}

/** What was learned of a program's durations. */
export interface GrownOf extends Growth {
  program: Digest;
}

/** A market at one moment, as far as an estimate looks at it. */
export interface MarketSnapshot {
  /** Those that are online and not draining. */
  operators: { address: string; registration: Register; freeStake: bigint }[];
  learned: LearnedOf[];
  /** How programs' durations grow with the size of inputs. */
  grown: readonly GrownOf[];
  /** Tasks of other workflows that are ready or under way. */
  otherTasks: number;
}

/** What stands for a duration where only the ratio of two counts. */
const ANY_MS = 1_000;

/**
 * Puts what was learned where the matchmaker looks for it, as a coordinator does when it starts.
 * @param speeds that operators declare
 */
export function experienceOf(
  learned: readonly LearnedOf[],
  speeds: readonly (readonly [operator: string, speed: number])[],
  grown: readonly GrownOf[] = [],
): Experience {
  const experience = new Experience();
  for (const { program, ...growth } of grown) experience.restoreGrowth(program, growth);
  for (const [operator, speed] of speeds) experience.declare(operator, speed);
  for (const { program, operator, learned: record } of learned)
    experience.restore(program, operator, record);
  return experience;
}

/** What the matchmaker of a market knows. */
export function experienceIn({ learned, operators, grown }: MarketSnapshot): Experience {
  return experienceOf(
    learned,
    operators.map(({ address, registration }) => [address, registration.speed]),
    grown,
  );
}

/** @returns by operator the share of its attempts that failed */
function failureRates(learned: readonly LearnedOf[]): Map<string, number> {
  const counts = new Map<string, { failed: number; attempts: number }>();
  for (const { operator, learned: record } of learned) {
    const { failed, attempts } = counts.get(operator) ?? { failed: 0, attempts: 0 };
    counts.set(operator, {
      failed: failed + record.failed,
      attempts: attempts + record.failed + record.runs,
    });
  }
  return new Map(
    [...counts].map(([operator, { failed, attempts }]) => [operator, failed / (attempts || 1)]),
  );
}

/** @returns operators that turn out to be as the market thinks that they are */
export function simulatedOperators(
  market: MarketSnapshot,
  programs: readonly Digest[],
): SimOperator[] {
  const { operators, learned } = market;
  const experience = experienceIn(market);
  const failed = failureRates(learned);
  return operators.map(({ address, registration, freeStake }) => {
    const { offer, speed } = registration;
    const speeds = programs.map((program) => {
      const mean = experience.typicalMs(program) ?? ANY_MS;
      return [program, mean / experience.expectedMs(program, address, ANY_MS)] as const;
    });
    return {
      id: address,
      ...offer,
      speed: { default: speed, ...Object.fromEntries(speeds) },
      pricePerHour: 0,
      joinsAt: 0,
      leavesAt: Infinity,
      failureRate: failed.get(address) ?? 0,
      slowdown: 1,
      registration,
      freeStake,
    };
  });
}
