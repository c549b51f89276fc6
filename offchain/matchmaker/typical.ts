import type { LaneTerms } from "../runtime/ready-queue";
import type { Experience } from "./experience";
import { unknownMs } from "./prospect";

/** That tasks take the share of their run limit that is guessed counts like so many limits of which the share was measured. */
const GUESS = 0.25;
/** What all limits turned out to be counts like so many programs of one limit. */
const ALL_LIMITS = 0.5;

type Terms = Pick<LaneTerms, "program" | "runSeconds" | "withinSeconds">;

/**
 * What tasks of a workflow's steps usually take: on a machine of speed 1, or, where money counts before time, on average of those who run
 * them. Of a program that nobody has run, that is guessed from its run limit, and there from how the limits of the workflow's other programs
 * turned out, too, those of the same length most: who sets one too high sets all too high, and those of alike work alike.
 * @returns milliseconds, by place in `terms`
 */
export function typicalOf(experience: Experience, terms: readonly Terms[]): number[] {
  const isThrifty = terms.some(({ withinSeconds }) => withinSeconds !== undefined);
  const measured = terms.map(({ program }) =>
    isThrifty ? experience.averageMs(program) : experience.typicalMs(program),
  );
  // Where time counts, guesses only order the tasks, which does not get better by this.
  const factorOf = isThrifty ? factorsOf(terms, measured) : () => 1;
  return measured.map((ms, i) => ms ?? factorOf(terms[i]!.runSeconds) * unknownMs(terms[i]!));
}

/** @returns by run limit, how many times what is guessed from it tasks turn out to take: geometric means */
function factorsOf(
  terms: readonly Terms[],
  measured: readonly (number | undefined)[],
): (runSeconds: number) => number {
  const byLimit = new Map<number, Map<string, number>>();
  for (const [i, ms] of measured.entries()) {
    if (ms === undefined) continue;
    const { program, runSeconds } = terms[i]!;
    const alike = byLimit.get(runSeconds) ?? new Map<string, number>();
    byLimit.set(runSeconds, alike.set(program, Math.log(ms / unknownMs(terms[i]!))));
  }
  const sumOf = (logs: Iterable<number>) => [...logs].reduce((sum, log) => sum + log, 0);
  const means = [...byLimit.values()].map((alike) => sumOf(alike.values()) / alike.size);
  const overall = sumOf(means) / (means.length + GUESS);
  return (runSeconds) => {
    const alike = byLimit.get(runSeconds);
    if (!alike) return Math.exp(overall);
    return Math.exp((sumOf(alike.values()) + ALL_LIMITS * overall) / (alike.size + ALL_LIMITS));
  };
}
