import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FrobenError } from "../../protocol/errors";
import { addUp, emptyTally, type Tally } from "./tally";

const root = join(__dirname, "..", "..");
/** Git-ignored; foundry.toml lets the suite write here. */
const folder = join("cache", "forge");

/** What the market under test pays with: see Deployment.sol. */
export type Market = "Native" | "Token" | "HostileToken";

/** A sequence of actions after which an invariant does not hold. */
export interface Failure {
  market: Market;
  /** Of the chunk that found it. */
  seed: string;
  runs: number;
  reason: string;
  /** The shrunk sequence, for people. */
  actions: string[];
  /** The same as calldata of the handler. */
  calls: string[];
}

export interface Chunk {
  tally: Tally;
  failure?: Failure;
}

/** The part of forge's JSON that is read here. */
type Results = Record<
  string,
  {
    test_results: Record<
      string,
      {
        status: string;
        reason: string | null;
        counterexample: { Sequence?: [number, Call[]] } | null;
      }
    >;
  }
>;
interface Call {
  calldata: string;
  func_name: string;
  raw_args: string;
}

/**
 * Finds forge's program, which npm installs as an optional package for this platform.
 * @throws FrobenError forge_missing where there is none
 */
function program(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const name = `@foundry-rs/forge-${process.platform}-${arch}`;
  try {
    const extension = process.platform === "win32" ? ".exe" : "";
    return require.resolve(`${name}/bin/forge${extension}`);
  } catch (cause) {
    throw new FrobenError("forge_missing", `npm has not installed ${name}.`, {
      hint: "Run npm ci without --omit=optional. There are packages for Linux and macOS on x64 and arm64; on Windows, use WSL, as the compiler is started as a script.",
      cause,
    });
  }
}

/** Runs forge in the project's folder. @returns its exit code and output */
function forge(
  args: string[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program(), args, {
      cwd: root,
      // The pinned Node first: the compiler is a Node script.
      env: { ...process.env, PATH: `${join(process.execPath, "..")}:${process.env.PATH}`, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (out += data.toString()));
    child.stderr.on("data", (data: Buffer) => (err += data.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

/** Compiles the suite and the market, if they changed. @throws FrobenError forge_compile with the compiler's words */
export async function compile(signal: AbortSignal): Promise<void> {
  chmodSync(join(root, "test", "invariants", "solc.mjs"), 0o755);
  const { code, out, err } = await forge(["build"], {}, signal);
  if (code !== 0) throw new FrobenError("forge_compile", `forge build failed:\n${out}${err}`);
}

/** Runs the sequences of failing-seeds.json. @returns what is wrong, or undefined */
export async function replayKept(signal: AbortSignal): Promise<string | undefined> {
  const { out, err } = await forge(
    ["test", "--json", "--match-contract", "KeptSequences"],
    {},
    signal,
  );
  return failed(out, err)?.reason;
}

/**
 * Runs random sequences.
 * @param seed hex number
 * @param runs sequences, as long as foundry.toml says
 * @throws FrobenError forge_failed if forge itself fails
 */
export async function runChunk(
  market: Market,
  seed: string,
  runs: number,
  signal: AbortSignal,
): Promise<Chunk> {
  mkdirSync(join(root, folder), { recursive: true });
  const tallyFile = join(folder, `tally-${seed}.jsonl`);
  const failures = join(folder, `failures-${seed}`);
  const clean = () => {
    for (const path of [tallyFile, failures])
      rmSync(join(root, path), { recursive: true, force: true });
  };
  clean();
  try {
    const env = {
      FROBEN_FUZZ_TALLY: tallyFile,
      FOUNDRY_INVARIANT_RUNS: String(runs),
      FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR: failures,
    };
    const args = [
      "test",
      "--json",
      "--match-contract",
      `^${market}Invariants$`,
      "--fuzz-seed",
      seed,
    ];
    const { out, err } = await forge(args, env, signal);
    const bad = failed(out, err);
    // While a failure is shrunk, forge runs many sequences again: they are not counted.
    if (!bad) return { tally: addUp(readFileSync(join(root, tallyFile), "utf8")) };
    const failure = {
      market,
      seed,
      runs,
      reason: bad.reason,
      actions: bad.sequence.map((call) => `${call.func_name} ${call.raw_args}`),
      calls: bad.sequence.map((call) => call.calldata),
    };
    return { tally: emptyTally(), failure };
  } finally {
    clean();
  }
}

/** The first test that did not pass. */
function failed(out: string, err: string): { reason: string; sequence: Call[] } | undefined {
  const line = out.split("\n").find((text) => text.startsWith('{"test/'));
  if (!line) throw new FrobenError("forge_failed", `forge test gave no result:\n${out}${err}`);
  for (const suite of Object.values(JSON.parse(line) as Results))
    for (const test of Object.values(suite.test_results))
      if (test.status !== "Success")
        return {
          reason: test.reason ?? "no reason given",
          sequence: test.counterexample?.Sequence?.[1] ?? [],
        };
  return undefined;
}
