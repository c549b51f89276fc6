import { join } from "node:path";

/** Most time that a process of the bench takes to be ready, milliseconds. */
export const START_MS = 120_000;

/** What one run of the bench is told. */
export interface RunOptions {
  tasks: number;
  operators: number;
  logLevel: string;
  /** More arguments of Node for a process, e.g. to profile it. */
  nodeArgs(name: string): string[];
  /** What all operators of the bench are configured with. */
  operatorEnv(name: string, coordinatorUrl: string, folder: string): Record<string, string>;
}

/** @param profile folder for CPU profiles, if they are wanted */
export function runOptions(
  flags: { operators: number; profile?: string; logLevel: string },
  tasks: number,
): RunOptions {
  const { operators, profile, logLevel } = flags;
  return {
    ...{ tasks, operators, logLevel },
    nodeArgs: (name) =>
      profile
        ? ["--cpu-prof", `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}.cpuprofile`]
        : [],
    operatorEnv: (name, coordinatorUrl, folder) => ({
      FROBEN_COORDINATOR_URL: coordinatorUrl,
      FROBEN_DATA_DIR: join(folder, name),
      FROBEN_NAME: name,
      FROBEN_MACHINE_ID: name,
      FROBEN_CONCURRENCY: "1",
      FROBEN_BUILTIN_NOOP: "1",
      FROBEN_NETWORK: "host",
      FROBEN_SANDBOX: "off",
      FROBEN_POLL_MS: "100",
      FROBEN_DRAIN_SECONDS: "0",
      FROBEN_COMMIT_PATIENCE: "5",
      FROBEN_LOG_LEVEL: logLevel,
    }),
  };
}
