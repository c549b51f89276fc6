import { spawn } from "node:child_process";
import { join } from "node:path";
import { TYPESCRIPT_RUNNER } from "../protocol/typescript-loader";
import { root } from "./config";
import { QuietExit } from "./errors";

/**
 * Runs one of the project's entry files as a process of its own, which gets this one's streams and signals.
 * @param file relative to the project
 * @throws QuietExit with the process's exit code unless it is 0
 */
export async function runScript(
  file: string,
  args: string[],
  env: Record<string, string | undefined>,
): Promise<void> {
  const child = spawn(process.execPath, [TYPESCRIPT_RUNNER, join(root, file), ...args], {
    stdio: "inherit",
    env: env as NodeJS.ProcessEnv,
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of signals) process.on(signal, pass);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (status) => resolve(status ?? 1));
    });
    if (code !== 0) throw new QuietExit(code);
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}
