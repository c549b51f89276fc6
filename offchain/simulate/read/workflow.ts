import type { SimWorkflow } from "../model";
import { parseJson } from "./checked";

export interface ReadOptions {
  /** See `parseWfFormat`. */
  ignoreTransfers: boolean;
  /** Of durations with a spread. */
  seed: number;
  /** Reads a spec that a file names by its path, relative to that file. */
  readBeside(path: string): Promise<string>;
}

/**
 * Reads a workflow, whatever format it is in: a spec, a spec with a model of its runs, WfFormat 1.5, or a Standard Task Graph. What a format
 * needs is loaded when it is met.
 * @param file name for errors
 * @throws FrobenError `simulation_file_invalid`
 */
export async function parseWorkflow(
  text: string,
  file: string,
  { ignoreTransfers, seed, readBeside }: ReadOptions,
): Promise<SimWorkflow> {
  if (!text.trimStart().startsWith("{")) return (await import("./stg")).parseStg(text, file);
  const data = parseJson(text, file) as object;
  if ("spec" in data) return (await import("./spec")).readModel(data, file, seed, readBeside);
  if ("steps" in data) return (await import("./spec")).readSpec(data, file, seed);
  return (await import("./wfformat")).readWfFormat(data, file, ignoreTransfers);
}
