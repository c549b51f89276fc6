import type { SimOperator, SimWorkflow } from "../../offchain/simulate/model";
import type { Simulation } from "../../offchain/simulate/result";

/** A standby copy that was faster counts once its holder has released its claim. */
const RELEASE_SECONDS = 15;
/** Rounding of times that went through divisions, seconds. */
const SLACK = 0.0015;

/**
 * Checks a simulation's attempts against the workflows and the fleet alone, sharing nothing with what made them.
 * @returns what is wrong, in words; nothing when all is well
 */
export function scheduleMistakes(
  result: Simulation,
  workflows: SimWorkflow[],
  operators: SimOperator[],
): string[] {
  const mistakes: string[] = [];
  const byId = new Map(operators.map((operator) => [operator.id, operator]));
  const made = new Map<string, number>();
  const released = new Map<string, number>();
  const tries = new Map<string, number>();
  const graph = new Map(workflows.map((w) => [w.name, new Map(w.tasks.map((t) => [t.id, t]))]));
  const byStart = [...result.attempts].sort((a, b) => a.start - b.start || a.end - b.end);
  for (const a of byStart)
    if (a.outcome === "done") {
      const key = `${a.workflow}/${a.task}`;
      if (made.has(key)) mistakes.push(`${key} is done twice`);
      made.set(key, a.end);
      if (a.copy) released.set(key, a.end + RELEASE_SECONDS);
    }
  const availableAt = (w: SimWorkflow, i: number): number => {
    const task = w.tasks[i]!;
    if (task.seconds > 0) return made.get(`${w.name}/${task.id}`) ?? Infinity;
    return Math.max(w.arrivesAt ?? 0, ...task.parents.map((p) => availableAt(w, p)));
  };
  for (const w of workflows) {
    const { state, tasksFailed, tasksLeftOut } = result.workflows.find((x) => x.name === w.name)!;
    // Where a workflow may go on without a task, its steps say who waits for it.
    const goesOn = tasksFailed > 0;
    let dropped = 0;
    for (const task of w.tasks) {
      const key = `${w.name}/${task.id}`;
      const needs = Math.max(w.arrivesAt ?? 0, ...task.parents.map((p) => availableAt(w, p)));
      for (const a of byStart.filter((x) => x.workflow === w.name && x.task === task.id)) {
        if (a.start < needs && !goesOn)
          mistakes.push(`${key} starts at ${a.start}, inputs exist at ${needs}`);
        const before = tries.get(key) ?? 0;
        if (a.attempt !== before + 1) mistakes.push(`${key}: attempt ${a.attempt} after ${before}`);
        tries.set(key, a.attempt);
      }
      if (task.seconds > 0 && !made.has(key)) dropped++;
    }
    if (state === "done" && dropped !== tasksFailed + tasksLeftOut)
      mistakes.push(`${w.name}: ${dropped} tasks never ran`);
  }
  for (const a of byStart) {
    const operator = byId.get(a.operator)!;
    const task = graph.get(a.workflow)!.get(a.task)!;
    const speed =
      typeof operator.speed === "number"
        ? operator.speed
        : (operator.speed[task.program] ?? operator.speed.default ?? 1);
    const least = (task.seconds / speed) * operator.slowdown;
    const what = `${a.workflow}/${a.task}#${a.attempt} on ${a.operator}`;
    if (a.start < operator.joinsAt) mistakes.push(`${what} starts before it joins`);
    const took = a.end - a.start;
    // At most all of its inputs are fetched, at 50 MB/s.
    const bytes = (task.files?.inputs ?? []).reduce((sum, file) => sum + file.bytes, 0);
    // And what it does while it is not heard is known only later.
    const unheard = (operator.silences ?? []).reduce((sum, { from, to }) => sum + to - from, 0);
    const most = least + bytes / 50e6 + unheard;
    if (a.outcome === "done" && (took < least - SLACK || took > most + SLACK))
      mistakes.push(`${what} takes ${took} s for ${least} s`);
    if (a.outcome === "done" && a.end > operator.leavesAt + SLACK)
      mistakes.push(`${what} is done after it left`);
    // What had to wait for its turn and came to nothing had none.
    const gpus = took === 0 ? 0 : task.resources.gpus;
    if (new Set(a.device).size !== gpus || a.device.some((d) => d >= operator.gpus))
      mistakes.push(`${what} has GPUs ${a.device.join()}`);
    if (task.resources.gpus > 0 && operator.vramMb < task.resources.vramMb)
      mistakes.push(`${what} has too little GPU memory`);
  }
  for (const operator of operators) mistakes.push(...overloads(operator, byStart, graph));
  const last = Math.max(0, ...made.values());
  const copied = Math.max(0, ...released.values());
  if (
    result.makespan !== null &&
    Math.abs(result.makespan - last) > SLACK &&
    Math.abs(result.makespan - copied) > SLACK
  )
    mistakes.push(`makespan ${result.makespan}, last end ${last}`);
  if (result.ratio !== null && result.makespan! < result.lowerBound - SLACK)
    mistakes.push(`makespan ${result.makespan} is below the bound ${result.lowerBound}`);
  return mistakes;
}

function overloads(
  operator: SimOperator,
  attempts: Simulation["attempts"],
  graph: Map<string, Map<string, SimWorkflow["tasks"][number]>>,
): string[] {
  const changes = attempts
    .filter((a) => a.operator === operator.id)
    .flatMap((a) => {
      const need = graph.get(a.workflow)!.get(a.task)!.resources;
      return [
        { at: a.start, sign: 1, need, device: a.device },
        { at: a.end, sign: -1, need, device: a.device },
      ];
    })
    .sort((a, b) => a.at - b.at || a.sign - b.sign);
  const used = { cores: 0, memoryMb: 0 };
  const gpus = new Set<number>();
  const found: string[] = [];
  for (const { at, sign, need, device } of changes) {
    used.cores += sign * need.cores;
    used.memoryMb += sign * need.memoryMb;
    for (const gpu of device) {
      if (sign > 0 && gpus.has(gpu)) found.push(`GPU ${gpu} of ${operator.id} twice at ${at}`);
      if (sign > 0) gpus.add(gpu);
      else gpus.delete(gpu);
    }
    for (const name of ["cores", "memoryMb"] as const)
      if (used[name] > operator[name]) found.push(`${name} of ${operator.id} at ${at}`);
  }
  return found;
}
