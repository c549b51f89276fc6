/** Runs a Groth16 program as an operator does: a child process in another folder with a near-empty environment. */
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

/** Files by name. */
export type Ports = Record<string, string>;

function flags(option: string, ports: Ports): string[] {
  return Object.entries(ports).flatMap(([name, path]) => [`--${option}`, `${name}=${path}`]);
}

/** Starts a program; its working folder and TMPDIR are `folder`. */
export function startProgram(
  name: string,
  folder: string,
  ports: { in?: Ports; out?: Ports; param?: Ports; args?: string[] },
): ChildProcess {
  const entry = join(REPOSITORY, "provers", "groth16", `${name}.ts`);
  return spawn(
    process.execPath,
    [
      ...["--import", TYPESCRIPT_LOADER, entry],
      ...flags("in", ports.in ?? {}),
      ...flags("out", ports.out ?? {}),
      ...flags("param", ports.param ?? {}),
      ...(ports.args ?? []),
    ],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}

/** Runs a program to its end. */
export async function runProgram(
  ...[name, folder, ports]: Parameters<typeof startProgram>
): Promise<ProgramRun> {
  const child = startProgram(name, folder, ports);
  let stdout = "";
  let stderr = "";
  child.stdout!.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
