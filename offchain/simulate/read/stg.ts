import { MAX_TASKS, type SimTask, type SimWorkflow } from "../model";
import { malformed } from "./checked";
import { checkAcyclic } from "./graph";

const RUN_SECONDS = 7 * 24 * 3600;

function numbersOf(line: string, at: string, file: string): number[] {
  return line.split(/\s+/).map((word) => {
    if (!/^\d{1,12}(\.\d+)?$/.test(word)) throw malformed(file, at, "not a number", word);
    return Number(word);
  });
}

/**
 * Reads a Standard Task Graph: the number of tasks (without the dummy source and sink, as the format has it), then per line an id, a time,
 * the number of predecessors and the predecessors. Each task takes one core.
 * @param name of the workflow, and of the file for errors
 * @throws FrobenError `simulation_file_invalid`, with the line as path
 */
export function parseStg(text: string, name: string): SimWorkflow {
  const lines = text
    .split(/\r?\n/)
    .map((line, i) => ({ line: line.replace(/#.*$/, "").trim(), at: `line ${i + 1}` }))
    .filter(({ line }) => line !== "");
  const [first, ...rest] = lines;
  if (!first) throw malformed(name, "line 1", "the file is empty");
  const header = numbersOf(first.line, first.at, name);
  if (header.length !== 1) throw malformed(name, first.at, "must be the number of tasks alone");
  const count = header[0]!;
  if (!Number.isInteger(count) || count > MAX_TASKS)
    throw malformed(name, first.at, `must be a whole number up to ${MAX_TASKS}`, count);
  if (rest.length !== count && rest.length !== count + 2)
    throw malformed(name, first.at, `says ${count} tasks, the file has ${rest.length}`, count);
  const tasks = rest.map(({ line, at }, position): SimTask => {
    const [id, seconds, degree, ...parents] = numbersOf(line, at, name);
    if (id !== position) throw malformed(name, at, `must have id ${position}`, id);
    if (degree === undefined || degree !== parents.length)
      throw malformed(name, at, `says ${degree} predecessors, has ${parents.length}`, degree);
    for (const [i, parent] of parents.entries())
      if (!Number.isInteger(parent) || parent >= rest.length || parents.indexOf(parent) !== i)
        throw malformed(name, at, "no such predecessor, or named twice", parent);
    return {
      id: String(id),
      program: "stg",
      seconds: seconds!,
      resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
      parents,
      runSeconds: RUN_SECONDS,
      attempts: 10,
    };
  });
  checkAcyclic(tasks, name);
  return { name, tasks };
}
