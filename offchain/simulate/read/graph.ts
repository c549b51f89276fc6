import type { SimTask } from "../model";
import { malformed } from "./checked";

/** @returns for each task the positions of those that need its result */
export function childrenOf(tasks: readonly SimTask[]): number[][] {
  const children: number[][] = tasks.map(() => []);
  for (const [i, task] of tasks.entries())
    for (const parent of task.parents) children[parent]!.push(i);
  return children;
}

/** @returns positions of all tasks, each after its parents; those on a cycle, and after one, are missing */
export function inOrder(tasks: readonly SimTask[], children = childrenOf(tasks)): number[] {
  const open = tasks.map(({ parents }) => parents.length);
  const order = [...tasks.keys()].filter((i) => open[i] === 0);
  for (let at = 0; at < order.length; at++)
    for (const child of children[order[at]!]!) if (--open[child]! === 0) order.push(child);
  return order;
}

/** @throws FrobenError `simulation_file_invalid` naming a task that can never start */
export function checkAcyclic(tasks: readonly SimTask[], file: string): void {
  const order = inOrder(tasks);
  if (order.length === tasks.length) return;
  const reached = new Set(order);
  const stuck = tasks.findIndex((_, i) => !reached.has(i));
  throw malformed(file, `task ${tasks[stuck]!.id}`, "is on a cycle, or waits for one");
}
