import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { loadPrograms, type ProgramSet } from "../sdk";
import { PIPELINES, type Pipeline } from "./profiles";

const PROVER_OF: Record<Pipeline, string> = { rollup: "noir", membership: "groth16" };

/** @returns paths of the program manifests that each pipeline needs, and of all of them together */
export async function programManifests(
  wanted: Pipeline[],
): Promise<Record<Pipeline | "all", string[]>> {
  const manifests: Record<Pipeline | "all", string[]> = { rollup: [], membership: [], all: [] };
  for (const pipeline of PIPELINES) {
    if (!wanted.includes(pipeline)) continue;
    const folder = join(__dirname, "..", "provers", PROVER_OF[pipeline]);
    const files = (await readdir(folder)).filter((file) => file.endsWith(".program.json")).sort();
    manifests[pipeline] = files.map((file) => join(folder, file));
    manifests.all.push(...manifests[pipeline]);
  }
  return manifests;
}

/** Loads the programs of some pipelines, with their digests. */
export async function loadPipelinePrograms(wanted: Pipeline[]): Promise<ProgramSet> {
  return loadPrograms((await programManifests(wanted)).all);
}
