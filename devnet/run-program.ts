import { spawn } from "node:child_process";
import { FrobenError } from "../protocol/errors";
import type { InstalledProgram } from "../sdk";

/**
 * Runs a program by hand, as anyone could from a shell.
 * @param files paths of inputs and outputs, by name
 * @throws FrobenError `program_failed` with what it said on standard error
 */
export function runProgram(
  program: InstalledProgram,
  files: { inputs: Record<string, string>; outputs: Record<string, string> },
  params: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<void> {
  const pairs = (flag: string, values: Record<string, string>) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const [command, ...args] = [
    ...program.command,
    ...pairs("--in", files.inputs),
    ...pairs("--out", files.outputs),
    ...pairs("--param", params),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(command!, args, { stdio: ["ignore", "ignore", "pipe"], signal });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new FrobenError(
            "program_failed",
            `${program.name} ended with code ${code}: ${said.trim()}`,
          ),
        );
    });
  });
}
