import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { verdictSchema, type Verdict } from "../../../protocol/program";
import { TYPESCRIPT_LOADER } from "../../../protocol/typescript-loader";
import type { Artifact } from "./artifact-cache";

/** A validation that runs longer is given up, milliseconds. */
const VALIDATION_MS = 10 * 60_000;
const STDERR_KEPT = 2_000;
/** What a program is told of this machine: where its packages and its caches are. */
const ENVIRONMENT = ["PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "FROBEN_CACHE", "CRS_PATH"];

/** An input of a validation program: one artifact, or the items of a collection in order. */
export type ValidationInput = Artifact | Artifact[];

async function place(input: ValidationInput, name: string, folder: string): Promise<string> {
  if (!Array.isArray(input)) return input.path;
  const list = join(folder, `in-${name}`);
  await mkdir(list);
  for (const [i, item] of input.entries())
    await symlink(item.path, join(list, String(i).padStart(5, "0")));
  return list;
}

function runProgram(entry: string, args: string[], folder: string): Promise<void> {
  const env: NodeJS.ProcessEnv = {};
  for (const name of ENVIRONMENT) if (process.env[name]) env[name] = process.env[name];
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, ["--import", TYPESCRIPT_LOADER, entry, ...args], {
      cwd: folder,
      env,
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    const kill = () => {
      try {
        if (child.pid) process.kill(-child.pid, "SIGKILL");
      } catch {
        // The group has ended by itself.
      }
    };
    const timer = setTimeout(kill, VALIDATION_MS);
    process.once("exit", kill);
    let stderr = "";
    child.stderr.on("data", (part: Buffer) => {
      stderr = (stderr + part.toString()).slice(-STDERR_KEPT);
    });
    const end = () => {
      clearTimeout(timer);
      process.removeListener("exit", kill);
    };
    child.once("error", (error) => {
      end();
      failed(error);
    });
    child.once("close", (code, signal) => {
      end();
      if (code === 0) done();
      else failed(new Error(`it ended with ${signal ?? `exit code ${code}`}: ${stderr.trim()}`));
    });
  });
}

/**
 * Runs a validation program on a task's inputs and outputs.
 * @param folder a folder of the audit; what the run leaves behind is removed
 * @returns its verdict
 * @throws Error when the program gave none; its message says why
 */
export async function runValidation(
  entry: string,
  inputs: Record<string, ValidationInput>,
  folder: string,
): Promise<Verdict> {
  const own = await mkdtemp(join(folder, "run-"));
  try {
    const args: string[] = [];
    for (const [name, input] of Object.entries(inputs))
      args.push("--in", `${name}=${await place(input, name, own)}`);
    const verdict = join(own, "verdict.json");
    await runProgram(entry, [...args, "--out", `verdict=${verdict}`], own);
    return verdictSchema.parse(JSON.parse(await readFile(verdict, "utf8")));
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}
