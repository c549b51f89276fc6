import type { LaneTerms } from "../runtime/ready-queue";
import type { Experience } from "./experience";
import { unknownMs } from "./prospect";

/** That tasks take the share of their run limit that is guessed counts like so many programs of which the share was measured. */
const GUESS = 0.25;

/**
 * What tasks of a workflow's steps usually take: on a machine of speed 1, or, where money counts before time, on average of those who run
 * them. Of a program that nobody has run, that is guessed from its run limit, and there from how the limits of the workflow's other programs
 * turned out, too: who sets one too high sets all too high.
 * @returns milliseconds, by place in `terms`
 */
export function typicalOf(
  experience: Experience,
  terms: readonly Pick<LaneTerms, "program" | "runSeconds" | "withinSeconds">[],
): number[] {
  const isThrifty = terms.some(({ withinSeconds }) => withinSeconds !== undefined);
  const measured = terms.map(({ program }) =>
    isThrifty ? experience.averageMs(program) : experience.typicalMs(program),
  );
  const offBy = new Map<string, number>();
  for (const [i, ms] of measured.entries())
    if (ms !== undefined) offBy.set(terms[i]!.program, Math.log(ms / unknownMs(terms[i]!)));
  const sum = [...offBy.values()].reduce((all, log) => all + log, 0);
  // Where time counts, guesses only order the tasks, which does not get better by this.
  const factor = !isThrifty ? 1 : Math.exp(sum / (offBy.size + GUESS));
  return measured.map((ms, i) => ms ?? factor * unknownMs(terms[i]!));
}
