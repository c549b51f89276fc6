/** Who calls it: types only. The seam between an operator and what it runs: devnet puts its own in place of the product's. */
import type { Resources } from "../../protocol/spec";
import type { InstalledProgram } from "../../sdk/programs";

/** One run of a program. All paths are absolute and lie in a private folder of this run. */
export interface ExecuteRequest {
  program: InstalledProgram;
  params: Record<string, string>;
  inputs: Record<string, string>;
  outputs: Record<string, { kind: "file" | "collection"; path: string }>;
  resources: Resources;
  /** GPUs that it has for itself, as nvidia-smi numbers them. */
  gpus: number[];
  /** Wall time, seconds; as much CPU time for each core. */
  runSeconds: number;
  /** All outputs together. */
  maxOutputBytes: number;
  /** Private folder: working directory, home of temporary files. */
  folder: string;
}

export interface Progress {
  progress: number;
  note?: string | undefined;
}

export interface ExecuteResult {
  usage: { wallMs: number; cpuMs: number; maxRssMb: number };
}

/**
 * Runs a program until its outputs are there.
 * @throws FrobenError `run_failed`, `run_usage`, `run_input_refused`, `run_timeout`, `run_cpu_time`, `run_memory`,
 * `run_output_too_large`, `run_cancelled`
 */
export type Execute = (
  request: ExecuteRequest,
  hooks: { onProgress(progress: Progress): void; signal: AbortSignal },
) => Promise<ExecuteResult>;
