import type { SimTask } from "../model";
import { malformed } from "./checked";

/** A workflow's graph is asked for by its reader, the lanes, the market floor and the bound: it is found once. */
const children = new WeakMap<readonly SimTask[], readonly (readonly number[])[]>();
const orders = new WeakMap<readonly SimTask[], readonly number[]>();

/** @returns for each task the positions of those that need its result */
export function childrenOf(tasks: readonly SimTask[]): readonly (readonly number[])[] {
  let known = children.get(tasks);
  if (!known) children.set(tasks, (known = findChildren(tasks)));
  return known;
}

/** @returns positions of all tasks, each after its parents; those on a cycle, and after one, are missing */
export function inOrder(tasks: readonly SimTask[]): readonly number[] {
  let known = orders.get(tasks);
  if (!known) orders.set(tasks, (known = findOrder(tasks)));
  return known;
}

function findChildren(tasks: readonly SimTask[]): number[][] {
  const found: number[][] = tasks.map(() => []);
  for (let i = 0; i < tasks.length; i++)
    for (const parent of tasks[i]!.parents) found[parent]!.push(i);
  return found;
}

function findOrder(tasks: readonly SimTask[]): number[] {
  const after = childrenOf(tasks);
  const open = tasks.map(({ parents }) => parents.length);
  const order: number[] = [];
  for (let i = 0; i < open.length; i++) if (open[i] === 0) order.push(i);
  for (let at = 0; at < order.length; at++)
    for (const child of after[order[at]!]!) if (--open[child]! === 0) order.push(child);
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
