import { sha256 } from "../../protocol/digest";
import { LIMITS } from "../../protocol/limits";
import type { Experience } from "../matchmaker/experience";
import { typicalOf } from "../matchmaker/typical";
import { Lane, type LaneTerms } from "../runtime/ready-queue";
import { START_MS, type SimWorkflow } from "./model";
import { childrenOf, inOrder } from "./read/graph";
import type { LeftByLane, SimRun } from "./run";
import { specLanes } from "./spec/lanes";

/** Most that a task may be paid, and its bond; only shares of it matter here. */
const CEILING = 1_000_000n;
/** The same where operators ask by time: files say no ceilings, so this is more than anyone asks. */
const NO_CEILING = BigInt(LIMITS.maxAmount);
/** The default of a spec, seconds. */
const CLAIM_SECONDS = 600;

/**
 * Puts tasks together into the steps by which the scheduler knows them: one program, one need, equally many tasks on the longest way to the
 * end; those of a spec are its own. With known durations each task is a step with a program of its own.
 * @returns the lane of each task
 */
export function lanesOf(
  workflow: SimWorkflow,
  index: number,
  experience: Experience,
  knownDurations: boolean,
  left: LeftByLane,
): Lane<SimRun>[] {
  if (workflow.spec && !knownDurations)
    return specLanes(workflow, workflow.spec, index, experience, left);
  const { tasks, arrivesAt = 0, requester, withinSeconds } = workflow;
  const openedAt = START_MS + arrivesAt * 1000;
  const children = childrenOf(tasks);
  const order = inOrder(tasks).toReversed();
  const hops: number[] = [];
  for (const i of order)
    hops[i] = children[i]!.reduce((most, child) => Math.max(most, hops[child]! + 1), 0);
  const steps = new Map<string, number>();
  const stepOf = tasks.map(({ program, resources, runSeconds }, i) => {
    const { cores, memoryMb, gpus, vramMb } = resources;
    const kind = [program, hops[i], cores, memoryMb, gpus, vramMb, runSeconds].join("\n");
    const key = knownDurations ? String(i) : kind;
    if (!steps.has(key)) steps.set(key, steps.size);
    return steps.get(key)!;
  });
  const firsts: number[] = [];
  for (const [i, step] of stepOf.entries()) firsts[step] ??= i;
  const next = firsts.map(() => new Set<number>());
  for (const [i, list] of children.entries())
    for (const child of list) next[stepOf[i]!]!.add(stepOf[child]!);
  const terms = firsts.map((first, stepIndex): LaneTerms => {
    const { program, resources, runSeconds, id } = tasks[first]!;
    return {
      workflow: index,
      requester,
      step: knownDurations ? id : `${program}/${hops[first]}`,
      stepIndex,
      program: sha256(knownDurations ? `${index}/${id}` : program),
      resources,
      ceiling: withinSeconds === undefined ? CEILING : NO_CEILING,
      bond: 1n,
      claimSeconds: CLAIM_SECONDS,
      runSeconds,
      withinSeconds,
    };
  });
  const rising = [...firsts.keys()].sort((a, b) => hops[firsts[a]!]! - hops[firsts[b]!]!);
  const idle = firsts.map((first) => tasks[first]!.seconds === 0);
  let asOf = -1;
  const paths: number[] = [];
  let typical: number[] = [];
  const remaining = (step: number, sizeClass?: number) => {
    if (asOf !== experience.version) {
      asOf = experience.version;
      typical = typicalOf(experience, terms);
      for (const s of rising) {
        const own = idle[s] ? 0 : typical[s]!;
        paths[s] = own;
        for (const n of next[s]!) paths[s] = Math.max(paths[s]!, own + paths[n]!);
      }
    }
    const factor = experience.sizeFactor(terms[step]!.program, sizeClass);
    return paths[step]! + typical[step]! * (factor - 1);
  };
  const lanes = terms.map((t, step) => {
    const lane: Lane<SimRun> = new Lane<SimRun>(t, {
      remainingMs: (_, sizeClass) => remaining(step, sizeClass),
      openedAt: () => openedAt,
      left: () => left.get(lane) ?? 0,
      grows: () => experience.grows(t.program),
    });
    return lane;
  });
  return stepOf.map((step) => lanes[step]!);
}
