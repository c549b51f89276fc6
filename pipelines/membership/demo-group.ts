/** A demonstration group for the membership pipeline, made by the program `groth16/group` in a child process. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { FrobenError } from "../../protocol/errors";
import { TYPESCRIPT_LOADER } from "../../protocol/typescript-loader";

/** What group to make, and how many proofs to ask for. */
export interface DemoGroupOptions {
  /** Members of the group, at most 2^depth. Default: 16, or `proofs` when that is more. */
  members?: number;
  /** Proofs to ask for, each by another member, with its own message. Default 16. */
  proofs?: number;
  /** Depth of the circuit, 1 to 32. Default 10. */
  depth?: number;
  /** Same seed, same bytes. Default "froben". */
  seed?: string;
  /** Stops the program. */
  signal?: AbortSignal;
}

/** One element per proof in both lists, in the same order. */
export interface DemoGroup {
  /** Input `request` of `groth16/prove`, JSON. */
  requests: Uint8Array[];
  /** Input `statement` of `groth16/prove`: abi.encode(uint256 depth, root, nullifier, message, scope). */
  statements: Uint8Array[];
}

const PROGRAM = join(__dirname, "..", "..", "provers", "groth16", "group.ts");

/** Reads a collection that a program wrote: files 00000, 00001, ... */
async function readCollection(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}

/**
 * Makes a Semaphore group and the requests of its first members. Deterministic.
 * The secrets come from the seed: for demonstrations only.
 *
 * @returns requests and statements, one each per proof
 * @throws FrobenError `demo_group_failed` when the program fails: wrong options, or the prover is not set up
 */
export async function makeDemoGroup(options: DemoGroupOptions = {}): Promise<DemoGroup> {
  const { proofs = 16, depth = 10, seed = "froben", signal } = options;
  const { members = Math.max(16, proofs) } = options;
  const folder = await mkdtemp(join(tmpdir(), "froben-demo-group-"));
  const requests = join(folder, "requests");
  const statements = join(folder, "statements");
  const outputs = [`requests=${requests}`, `statements=${statements}`];
  const params = [`members=${members}`, `proofs=${proofs}`, `depth=${depth}`, `seed=${seed}`];
  try {
    await promisify(execFile)(
      process.execPath,
      [
        ...["--import", TYPESCRIPT_LOADER, PROGRAM],
        ...outputs.flatMap((output) => ["--out", output]),
        ...params.flatMap((param) => ["--param", param]),
      ],
      { signal },
    );
    return {
      requests: await readCollection(requests),
      statements: await readCollection(statements),
    };
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new FrobenError("demo_group_failed", stderr?.trim() || (cause as Error).message, {
      cause,
      hint: "run provers/groth16/setup.ts once, and ask for at most one proof per member",
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
