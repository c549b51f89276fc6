import { mkdir, mkdtemp, readFile, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Isolation } from "../../machine/isolation";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { PROGRAM_EXIT, verdictSchema, type Verdict } from "../../protocol/program";
import type { ArtifactReader, ValidationJob, Validator } from "../coordinator/facade";
import type { InstalledProgram } from "./installed-programs";
import { runLimited } from "./run-limited";

/** What a program needs of this process's environment to find its own tools and caches; nothing else is passed. */
const PASSED = ["PATH", "HOME", "XDG_CACHE_HOME", "FROBEN_CACHE", "CRS_PATH", "LANG"];
const MAX_VERDICT_BYTES = 64 * 1024;
const MAX_REASON = 500; // characters

const noVerdict = (message: string, hint?: string) =>
  new FrobenError("validation_failed", message, { retryable: true, hint });

async function readVerdict(file: string): Promise<Verdict> {
  const info = await stat(file).catch(() => undefined);
  if (!info) throw noVerdict("the validation program wrote no verdict");
  if (info.size > MAX_VERDICT_BYTES) throw noVerdict("the verdict is too large");
  const text = await readFile(file, "utf8");
  try {
    return verdictSchema.parse(JSON.parse(text));
  } catch {
    throw noVerdict("the validation program's verdict has the wrong form");
  }
}

/** Lays an input out: a link to the artifact, or a folder of links numbered in order. */
async function layOut(
  store: ArtifactReader,
  input: Digest | Digest[],
  path: string,
): Promise<void> {
  if (typeof input === "string") return symlink(await store.path(input), path);
  await mkdir(path);
  for (const [i, digest] of input.entries())
    await symlink(await store.path(digest), join(path, String(i).padStart(5, "0")));
}

/**
 * Runs validation programs as child processes, each in a private folder.
 * @param programs those that are installed, by digest
 * @param folder where the private folders are made
 * @param isolation how they are cut off from the rest of the machine; they must be able to read the store's files
 */
export function createValidator(
  programs: Map<Digest, InstalledProgram>,
  store: ArtifactReader,
  folder: string,
  isolation: Pick<Isolation, "wrap">,
): Validator {
  const env = Object.fromEntries(
    PASSED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  ) as Record<string, string>;

  async function judge(
    program: InstalledProgram,
    job: ValidationJob,
    signal: AbortSignal,
    own: string,
  ) {
    const args: string[] = [];
    for (const [name, input] of Object.entries(job.inputs)) {
      const path = join(own, `in-${name}`);
      await layOut(store, input, path);
      args.push("--in", `${name}=${path}`);
    }
    const verdict = join(own, "verdict");
    const { code, stderr } = await runLimited(
      isolation.wrap([...program.command, ...args, "--out", `verdict=${verdict}`], own),
      { cwd: own, env: { ...env, TMPDIR: own }, limits: job.limits, signal },
    );
    if (code === PROGRAM_EXIT.ok) return readVerdict(verdict);
    // No machine could read these inputs: then the result among them is no result.
    if (code === PROGRAM_EXIT.inputRefused)
      return { valid: false, reason: stderr.trim().slice(-MAX_REASON) || "inputs refused" };
    throw noVerdict(`${program.name} ended with code ${code}`, stderr.trim().slice(-MAX_REASON));
  }

  return {
    has: (digest) => programs.has(digest),
    async run(job, signal) {
      const program = programs.get(job.program);
      if (!program)
        throw new FrobenError("program_unknown", "the validation program is not installed", {
          field: "program",
          value: job.program,
        });
      await mkdir(folder, { recursive: true });
      const own = await mkdtemp(join(folder, "validation-"));
      try {
        return await judge(program, job, signal, own);
      } finally {
        await rm(own, { recursive: true, force: true });
      }
    },
  };
}
