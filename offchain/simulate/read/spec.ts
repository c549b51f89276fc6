import { z } from "zod";
import { runModelSchema, type RunModel } from "../../../protocol/run-model";
import type { Spec } from "../../../protocol/spec";
import { parseSpec } from "../../../protocol/validate-spec";
import type { SimWorkflow } from "../model";
import { specWorkflow } from "../spec/workflow";
import { checked, inFile, parseJson } from "./checked";

/** A spec and what it leaves open; the spec itself, or the path of its file. */
const modelFileSchema = runModelSchema.extend({
  spec: z.union([z.string().min(1), z.looseObject({})]),
  arrivesAt: z.number().min(0).default(0),
});

const modelAloneSchema = modelFileSchema.partial({ spec: true });

/**
 * Reads a model alone; a file that also says which spec it is for, and when that is opened, is taken too.
 * @throws FrobenError `simulation_file_invalid`
 */
export function parseModel(text: string, file: string): RunModel {
  const { durations, items, runs } = checked(modelAloneSchema, parseJson(text, file), file);
  return { durations, items, runs };
}

/** @param at where the spec stands in the file */
function specOf(data: unknown, file: string, at: string): Spec {
  try {
    return parseSpec(data);
  } catch (error) {
    throw inFile(error, file, at);
  }
}

/**
 * Reads a spec with a model of its runs.
 * @param file name for errors
 * @param seed of durations with a spread
 * @param readBeside reads a spec that the file names by its path, relative to that file
 * @throws FrobenError `simulation_file_invalid`
 */
export async function readModel(
  data: object,
  file: string,
  seed: number,
  readBeside: (path: string) => Promise<string>,
): Promise<SimWorkflow> {
  const { spec: given, arrivesAt, ...model } = checked(modelFileSchema, data, file);
  const spec =
    typeof given === "string"
      ? specOf(parseJson(await readBeside(given), given), given, "")
      : specOf(given, file, "spec.");
  return { ...specWorkflow(spec, model, file, seed), arrivesAt };
}

/**
 * Reads a spec without one: all is assumed.
 * @param file name for errors
 * @throws FrobenError `simulation_file_invalid`
 */
export function readSpec(data: object, file: string, seed: number): SimWorkflow {
  const nothing: RunModel = { durations: {}, items: {}, runs: {} };
  return specWorkflow(specOf(data, file, ""), nothing, file, seed);
}
