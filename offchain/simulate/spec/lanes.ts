import type { Spec } from "../../../protocol/spec";
import type { Experience } from "../../matchmaker/experience";
import { typicalOf } from "../../matchmaker/typical";
import { Lane } from "../../runtime/ready-queue";
import { remainingPaths } from "../../workflow/graph/priority";
import { laneTermsOf } from "../../workflow/lane-terms";
import { START_MS, type SimWorkflow } from "../model";
import type { LeftByLane, SimRun } from "../run";

/** @returns the lanes of a spec's steps, as the coordinator makes them, for each task of the workflow */
export function specLanes(
  { tasks, arrivesAt = 0, requester }: SimWorkflow,
  spec: Spec,
  workflow: number,
  experience: Experience,
  left: LeftByLane,
): Lane<SimRun>[] {
  const terms = spec.steps.map((step, index) =>
    laneTermsOf(
      { workflow, requester },
      step,
      index,
      { ceiling: BigInt(step.reward), bond: BigInt(step.bond) },
      spec,
    ),
  );
  const openedAt = START_MS + arrivesAt * 1000;
  const levels = spec.steps.map(() => 0);
  for (const { step, level } of tasks) levels[step!] = Math.max(levels[step!]!, level! + 1);
  const idle = spec.steps.map((_, i) =>
    tasks.every(({ step, seconds }) => step !== i || seconds === 0),
  );
  let asOf = -1;
  let paths: ((level: number) => number)[] = [];
  const remaining = (step: number, level: number) => {
    if (asOf !== experience.version) {
      asOf = experience.version;
      const typical = typicalOf(experience, terms);
      const duration = (i: number) => (idle[i] ? 0 : typical[i]!);
      paths = remainingPaths(spec, duration, (i) => levels[i]!);
    }
    return paths[step]!(level);
  };
  const lanes = terms.map((of, step) => {
    const lane: Lane<SimRun> = new Lane<SimRun>(of, {
      remainingMs: (level) => remaining(step, level),
      openedAt: () => openedAt,
      left: () => left.get(lane) ?? 0,
    });
    return lane;
  });
  return tasks.map(({ step }) => lanes[step!]!);
}
