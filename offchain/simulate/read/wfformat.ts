import { z } from "zod";
import { MAX_TASKS, type SimTask, type SimWorkflow } from "../model";
import { checked, malformed, parseJson } from "./checked";
import { checkAcyclic, childrenOf } from "./graph";

const RUN_SECONDS = 7 * 24 * 3600;
const BYTES_PER_MB = 1024 * 1024;

const id = z.string().min(1);
/** Of tasks and files. That there are such is looked at later, of all at once. */
const names = z.array(z.string());
const fileSchema = z.object({
  name: z.string().optional(),
  schemaVersion: z.literal("1.5"),
  workflow: z.object({
    specification: z.object({
      tasks: z
        .array(
          z.object({
            id,
            name: z.string().min(1).optional(),
            parents: names,
            children: names,
            inputFiles: names.default([]),
            outputFiles: names.default([]),
          }),
        )
        .min(1)
        .max(MAX_TASKS),
      files: z.array(z.object({ id, sizeInBytes: z.number().min(0) })).default([]),
    }),
    execution: z.object({
      tasks: z.array(
        z.object({
          id,
          runtimeInSeconds: z.number().min(0),
          memoryInBytes: z.number().min(0).optional(),
          coreCount: z.number().min(0).optional(),
          /** What the format has no word for. */
          froben: z
            .strictObject({
              gpus: z.int().min(0).max(64).default(0),
              vramMb: z.int().min(0).default(0),
              runSeconds: z.number().positive().default(RUN_SECONDS),
              attempts: z.int().min(1).max(100).default(10),
            })
            .prefault({}),
        }),
      ),
    }),
  }),
});

/**
 * Reads a workflow in WfFormat 1.5 from JSON; see `readWfFormat`.
 * @throws FrobenError `simulation_file_invalid`
 */
export function parseWfFormat(text: string, file: string, ignoreTransfers: boolean): SimWorkflow {
  return readWfFormat(parseJson(text, file), file, ignoreTransfers);
}

/**
 * Reads a workflow in WfFormat 1.5. Runtimes hold at speed 1; without `coreCount` a task takes one core. Tasks of one `name` run one program.
 * @param file name for errors
 * @param ignoreTransfers take data transfer to cost no time
 * @throws FrobenError `simulation_file_invalid`
 */
export function readWfFormat(json: unknown, file: string, ignoreTransfers: boolean): SimWorkflow {
  const data = checked(fileSchema, json, file);
  const { specification, execution } = data.workflow;
  const tasksAt = "workflow.specification.tasks";
  const positions = new Map<string, number>();
  for (const [i, task] of specification.tasks.entries()) {
    if (positions.has(task.id)) throw malformed(file, `${tasksAt}[${i}].id`, "is taken", task.id);
    positions.set(task.id, i);
  }
  const sizes = new Map(specification.files.map(({ id, sizeInBytes }) => [id, sizeInBytes]));
  const piecesOf = (names: string[]) =>
    names.map((key) => ({ key, bytes: sizes.get(key) ?? 0 })).filter(({ bytes }) => bytes > 0);
  const runs = new Map(execution.tasks.map((task) => [task.id, task]));
  const tasks = specification.tasks.map((task, i): SimTask => {
    const at = `${tasksAt}[${i}]`;
    const run = runs.get(task.id);
    if (!run) throw malformed(file, `${at}.id`, "is not in workflow.execution.tasks", task.id);
    const parents = task.parents.map((parent, p) => {
      const position = positions.get(parent);
      if (position === undefined)
        throw malformed(file, `${at}.parents[${p}]`, "no such task", parent);
      return position;
    });
    if (new Set(parents).size < parents.length)
      throw malformed(file, `${at}.parents`, "a parent is named twice");
    const inputBytes = task.inputFiles.reduce((sum, name) => sum + (sizes.get(name) ?? NaN), 0);
    return {
      id: task.id,
      program: task.name ?? task.id,
      seconds: run.runtimeInSeconds,
      resources: {
        cores: Math.max(1, Math.ceil(run.coreCount ?? 1)),
        memoryMb: Math.max(1, Math.ceil((run.memoryInBytes ?? 0) / BYTES_PER_MB)),
        gpus: run.froben.gpus,
        vramMb: run.froben.vramMb,
      },
      ...(inputBytes > 0 ? { inputBytes } : {}),
      ...(ignoreTransfers || sizes.size === 0
        ? {}
        : { files: { inputs: piecesOf(task.inputFiles), outputs: piecesOf(task.outputFiles) } }),
      parents,
      runSeconds: run.froben.runSeconds,
      attempts: run.froben.attempts,
    };
  });
  checkChildren(specification.tasks, tasks, positions, file);
  checkAcyclic(tasks, file);
  return { name: data.name ?? file, tasks };
}

/** The format says each edge twice; both must say the same. */
function checkChildren(
  listed: { id: string; children: string[] }[],
  tasks: SimTask[],
  positions: Map<string, number>,
  file: string,
): void {
  let left = 0;
  const all = childrenOf(tasks);
  for (const [i, { children }] of listed.entries()) {
    const open = new Set(all[i]);
    for (const [c, child] of children.entries())
      if (!open.delete(positions.get(child)!))
        throw malformed(
          file,
          `workflow.specification.tasks[${i}].children[${c}]`,
          "does not have this task among its parents",
          child,
        );
    left += open.size;
  }
  if (left > 0)
    throw malformed(file, "workflow.specification.tasks", "parents and children differ");
}
