import { fastest, loadsOf, type Load } from "./loads";
import { declaredSpeed, type SimOperator, type SimWorkflow } from "./model";

/** Work that an operator could do of one kind of need: seconds at speed 1 for each second, and units for each second of work. */
interface Supply {
  rate: number;
  price: number;
  operator: SimOperator;
}

const SECONDS_PER_HOUR = 3_600;

/** How many tasks of a kind fit side by side on an operator. */
function sideBySide(operator: SimOperator, { task: { resources } }: Load): number {
  const { cores, memoryMb, gpus, vramMb } = resources;
  if (gpus > 0 && operator.vramMb < vramMb) return 0;
  const fits = [operator.cores / cores, operator.memoryMb / memoryMb];
  if (gpus > 0) fits.push(operator.gpus / gpus);
  return Math.floor(Math.min(...fits));
}

/** Who could do tasks of one kind, the cheapest first. */
function suppliesOf(kind: Load[], operators: SimOperator[]): Supply[] {
  const programs = [...new Set(kind.map(({ task }) => task.program))];
  return operators
    .map((operator) => {
      const best = Math.max(...programs.map((program) => declaredSpeed(operator, program)));
      const speed = best / operator.slowdown;
      const price = operator.pricePerHour / SECONDS_PER_HOUR / speed;
      return { operator, price, rate: speed * sideBySide(operator, kind[0]!) };
    })
    .filter(({ rate }) => rate > 0)
    .sort((a, b) => a.price - b.price);
}

/** Least cost of some tasks of a kind between two moments, if they could be cut up and moved at will; Infinity if they do not fit. */
function fill(work: number, supplies: Supply[], from: number, to: number): number {
  let cost = 0;
  let left = work;
  for (const { operator, price, rate } of supplies) {
    const there = Math.min(to, operator.leavesAt) - Math.max(from, operator.joinsAt);
    const done = Math.min(left, rate * Math.max(0, there));
    cost += done * price;
    left -= done;
  }
  return left > 1e-9 * work ? Infinity : cost;
}

const workOf = (loads: Load[]) => loads.reduce((sum, { task }) => sum + task.seconds, 0);

/**
 * A lower bound on the hourly prices for the time of all tasks, if all workflows are done by a moment and nothing fails. Tasks of one kind
 * of need are cut up and given to the cheapest operators first, as far as these have time: those after whose ends at least some time must
 * pass, between the earliest start of any of them and that time before the deadline; all others at the cheapest. Whichever of these is
 * most for a kind holds, and kinds add up.
 * @param deadline seconds from the start
 * @returns Infinity when no schedule is done by then
 */
export function costBound(
  workflows: SimWorkflow[],
  operators: SimOperator[],
  deadline: number,
): number {
  const least = fastest(operators);
  const kinds = new Map<string, Load[]>();
  for (const load of workflows.flatMap((workflow) => loadsOf(workflow, least))) {
    if (load.task.seconds === 0) continue;
    const kind = kinds.get(load.kind);
    if (kind) kind.push(load);
    else kinds.set(load.kind, [load]);
  }
  let cost = 0;
  for (const kind of kinds.values()) {
    const supplies = suppliesOf(kind, operators);
    if (supplies.length === 0) return Infinity;
    const tails = [...new Set(kind.map(({ tail }) => tail))];
    const bounds = tails.map((tail) => {
      const inside = kind.filter((load) => load.tail >= tail);
      const from = inside.reduce((min, { head }) => Math.min(min, head), Infinity);
      const others = workOf(kind) - workOf(inside);
      return fill(workOf(inside), supplies, from, deadline - tail) + others * supplies[0]!.price;
    });
    cost += Math.max(...bounds);
  }
  return cost;
}
