import type { Duration, RunModel } from "../../../protocol/run-model";
import type { Spec, Step } from "../../../protocol/spec";
import { unknownMs } from "../../matchmaker/prospect";
import { chance } from "../faults";
import type { SimTask, SimWorkflow } from "../model";
import { expandSpec } from "./expand";

/** @returns seconds that a task takes at speed 1; the same seed draws the same */
function draw(duration: Duration, seed: number, task: string): number {
  if (typeof duration === "number") return duration;
  const { mean, spread } = duration;
  return mean * (1 - spread + 2 * spread * chance(`${seed}/duration/${task}`));
}

/** What the market takes a program to need that nobody has run. */
const unknownSeconds = ({ limits }: Step): number => unknownMs(limits) / 1000;

/**
 * Makes a simulated workflow of a spec and of what it leaves open.
 * @param file name for errors
 * @param seed of durations with a spread
 * @throws FrobenError `simulation_file_invalid`
 */
export function specWorkflow(spec: Spec, model: RunModel, file: string, seed: number): SimWorkflow {
  const { tasks, gates, puts, assumed } = expandSpec(spec, model, file);
  const positions = new Map(tasks.map(({ task }, i) => [task, i]));
  const made = tasks.map(({ task, step: index, position, level, inputs }): SimTask => {
    const step = spec.steps[index]!;
    const { fanOut, program, resources, limits, retry } = step;
    const id = fanOut.kind === "single" ? step.id : `${step.id}[${position}]`;
    const parents = new Set(gates[index]!.map((gate) => positions.get(gate)!));
    for (const source of Object.values(inputs)) {
      const maker = "task" in source ? source.task : source.of;
      if (maker !== undefined) parents.add(positions.get(maker)!);
    }
    const duration = model.durations[step.id] ?? unknownSeconds(step);
    return {
      id,
      program,
      seconds: draw(duration, seed, `${spec.name}/${id}`),
      resources,
      parents: [...parents],
      runSeconds: limits.runSeconds,
      startSeconds: limits.startSeconds,
      silenceSeconds: limits.silenceSeconds,
      attempts: retry.attempts,
      backoffSeconds: retry.backoffSeconds,
      planned: task,
      step: index,
      level,
    };
  });
  const unknown = [...new Set(tasks.map(({ step }) => spec.steps[step]!))]
    .filter(({ id }) => model.durations[id] === undefined)
    .map((step) => ({
      code: "duration_unknown",
      of: step.id,
      message: `a task of ${step.id} takes ${unknownSeconds(step)} s, a quarter of its time limit`,
    }));
  const { name, withinSeconds } = spec;
  return { name, withinSeconds, tasks: made, spec, puts, assumed: [...assumed, ...unknown] };
}
