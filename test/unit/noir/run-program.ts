/** Runs a Noir program as an operator does: a child process in another folder with a near-empty environment. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { TYPESCRIPT_LOADER } from "../../../protocol/typescript-loader";

export const REPOSITORY = join(__dirname, "..", "..", "..");

/** How a program ended. */
export interface ProgramRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Files or values by name, and variables added to the environment. */
export interface ProgramArguments {
  in?: Record<string, string>;
  out?: Record<string, string>;
  param?: Record<string, string>;
  env?: Record<string, string>;
}

function flags(option: string, values: Record<string, string> = {}): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${option}`, `${name}=${value}`]);
}

/** Starts a program; its working folder and TMPDIR are `folder`. */
export function startProgram(name: string, folder: string, given: ProgramArguments): ChildProcess {
  const entry = join(REPOSITORY, "provers", "noir", `${name}.ts`);
  const { PATH, HOME, XDG_CACHE_HOME, FROBEN_CACHE } = process.env;
  return spawn(
    process.execPath,
    [
      ...["--import", TYPESCRIPT_LOADER, entry],
      ...flags("in", given.in),
      ...flags("out", given.out),
      ...flags("param", given.param),
    ],
    {
      cwd: folder,
      env: { PATH, HOME, XDG_CACHE_HOME, FROBEN_CACHE, TMPDIR: folder, ...given.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}

/** Runs a program to its end. */
export async function runProgram(
  ...[name, folder, given]: Parameters<typeof startProgram>
): Promise<ProgramRun> {
  const child = startProgram(name, folder, given);
  let stdout = "";
  let stderr = "";
  child.stdout!.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
