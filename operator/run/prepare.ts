/** Who calls it: the task runner and the canary runner, before a program starts. Fetches its inputs and makes its private folder. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../protocol/digest";
import { LIMITS } from "../../protocol/limits";
import type { Resources } from "../../protocol/spec";
import type { InstalledProgram } from "../../sdk/programs";
import type { ArtifactCache } from "../artifacts/cache";
import type { ArtifactTransfer } from "../artifacts/transfer";
import type { ExecuteRequest } from "./execute";

/** What is to be run. */
export interface RunOrder {
  program: InstalledProgram;
  params: Record<string, string>;
  /** Artifacts by port. */
  inputs: Record<string, Digest>;
  outputs: Record<string, "file" | "collection">;
  resources: Resources;
  runSeconds: number;
}

/**
 * Brings a run's inputs into a folder of its own.
 * @param gpus that it has for itself
 * @throws FrobenError of the transfer
 */
export async function prepareRun(
  { cache, transfer }: { cache: ArtifactCache; transfer: Pick<ArtifactTransfer, "fetch"> },
  order: RunOrder,
  folder: string,
  gpus: number[],
  signal: AbortSignal,
): Promise<ExecuteRequest> {
  const { inputs, outputs, ...rest } = order;
  mkdirSync(join(folder, "in"), { recursive: true, mode: 0o700 });
  mkdirSync(join(folder, "out"));
  const paths: Record<string, string> = {};
  for (const [name, digest] of Object.entries(inputs)) {
    await transfer.fetch(digest, signal);
    paths[name] = join(folder, "in", name);
    await cache.copyTo(digest, paths[name]);
  }
  const places = Object.entries(outputs).map(([name, kind]) => {
    const path = join(folder, "out", name);
    if (kind === "collection") mkdirSync(path);
    return [name, { kind, path }] as const;
  });
  return {
    ...rest,
    inputs: paths,
    outputs: Object.fromEntries(places),
    gpus,
    maxOutputBytes: LIMITS.maxArtifactBytes,
    folder,
  };
}
