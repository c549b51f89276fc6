/** Runs snarkjs as a child process. */
import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { SNARKJS_CLI } from "./artifacts";

/** How a run of snarkjs ended. */
export interface SnarkjsResult {
  ok: boolean;
  /** What it printed, without colours. */
  output: string;
}

/**
 * Runs one snarkjs command.
 * @param args the command and its arguments
 * @param signal kills the child when it aborts
 * @returns its verdict and output; a command that says no is a result
 * @throws Error when the child can't be started or is killed
 */
export function runSnarkjs(args: readonly string[], signal: AbortSignal): Promise<SnarkjsResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SNARKJS_CLI, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      signal,
      killSignal: "SIGKILL",
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code, killedBy) => {
      const text = stripVTControlCharacters(output).trim();
      if (killedBy) reject(new Error(`snarkjs ${args[0]} was killed by ${killedBy}: ${text}`));
      else resolve({ ok: code === 0, output: text });
    });
  });
}
