import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { TYPESCRIPT_LOADER } from "../protocol/typescript-loader";
import { ensureCompiled } from "../deploy/compiled";
import { PIPELINES } from "../devnet/profiles";
import { setUpPipelines } from "../devnet/setup";

// `npm test [-- SUITE ...]`: compiles the contracts, sets the provers up, runs the suites one after another and adds up what they counted.
const root = join(__dirname, "..");
const bin = (path: string) => join(root, "node_modules", path);
const mocha = (files: string, ...more: string[]) => [
  "--import",
  TYPESCRIPT_LOADER,
  bin("mocha/bin/mocha.js"),
  "--exit=false",
  "--timeout=60000",
  ...more,
  files,
];

/** Files run side by side: some of them wait for processes more than they compute. */
const JOBS = Math.min(4, availableParallelism());

const SUITES: Record<string, string[]> = {
  contracts: [bin("hardhat/internal/cli/bootstrap.js"), "test"],
  unit: mocha("test/unit/**/*.test.ts", "--parallel", `--jobs=${JOBS}`),
  e2e: mocha("test/e2e/**/*.test.ts", "--timeout=600000", "--bail"),
};

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs a suite, shows its output as it comes, and reads mocha's closing lines. */
function run(args: string[]): Promise<Count> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let tail = "";
    child.stdout.on("data", (chunk: Buffer) => {
      process.stdout.write(chunk);
      tail = (tail + chunk.toString()).slice(-200_000);
    });
    child.on("close", (code) => {
      const read = (word: string) =>
        Number(new RegExp(`^\\s+(\\d+) ${word}`, "m").exec(tail)?.[1] ?? 0);
      const count = { passed: read("passing"), failed: read("failing"), skipped: read("pending") };
      // A runner that dies without a failing test has failed all the same.
      if (code !== 0 && count.failed === 0) count.failed = 1;
      resolve(count);
    });
  });
}

async function main(): Promise<void> {
  const names = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(SUITES);
  const unknown = names.find((name) => !SUITES[name]);
  if (unknown) {
    console.error(`There is no suite "${unknown}". Suites: ${Object.keys(SUITES).join(", ")}`);
    process.exit(2);
  }
  await Promise.all([
    ensureCompiled(),
    setUpPipelines([...PIPELINES], (line) => console.log(`setup: ${line}`)),
  ]);
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const name of names) {
    const started = Date.now();
    console.log(`\n== ${name}`);
    const count = await run(SUITES[name]!);
    console.log(
      `== ${name}: ${count.passed} passed, ${count.failed} failed, ${Math.round((Date.now() - started) / 1000)} s`,
    );
    for (const key of ["passed", "failed", "skipped"] as const) total[key] += count[key];
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
}

void main();
