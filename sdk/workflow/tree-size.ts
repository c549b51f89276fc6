/**
 * Counts the tasks of an aggregation tree: neighbours are merged `arity` at a time, a node left alone goes up as it is,
 * until at most `until` items are left.
 * @param items length of the list
 */
export function treeTasks(items: number, arity: number, until: number): number {
  let tasks = 0;
  for (let level = items; level > until;) {
    const alone = level % arity === 1 ? 1 : 0;
    const nodes = Math.ceil(level / arity) - alone;
    tasks += nodes;
    level = nodes + alone;
  }
  return tasks;
}

/** @returns most tasks that a tree over a list of up to `most` items can have; at least 1, as every step has a task's place */
export function mostTreeTasks(most: number, arity: number, until: number): number {
  let tasks = 1;
  for (let items = 1; items <= most; items++)
    tasks = Math.max(tasks, treeTasks(items, arity, until));
  return tasks;
}
