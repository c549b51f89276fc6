import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { TYPESCRIPT_LOADER } from "../protocol/typescript-loader";
import { ensureCompiled } from "../deploy/compiled";
import { PIPELINES } from "../devnet/profiles";
import { setUpPipelines } from "../devnet/setup";

// `npm test [-- SUITE ...]`: compiles the contracts, sets the provers up, runs the suites and adds up what they counted.
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

/** The suite of the contracts needs one core, and so runs beside another one. */
const TOGETHER = [["contracts", "unit"], ["e2e"]];

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Runs a suite, shows its output, and reads mocha's closing lines.
 * @param mayShow resolves when the output may be shown, from then on as it comes
 */
function run(args: string[], mayShow: Promise<unknown>): Promise<Count> {
  let held: Buffer[] | undefined = [];
  const show = (chunk: Buffer) => (held ? held.push(chunk) : process.stdout.write(chunk));
  const shown = mayShow.then(() => {
    for (const chunk of held ?? []) process.stdout.write(chunk);
    held = undefined;
  });
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let tail = "";
    child.stdout.on("data", (chunk: Buffer) => {
      show(chunk);
      tail = (tail + chunk.toString()).slice(-200_000);
    });
    child.on("close", (code) => {
      const read = (word: string) =>
        Number(new RegExp(`^\\s+(\\d+) ${word}`, "m").exec(tail)?.[1] ?? 0);
      const count = { passed: read("passing"), failed: read("failing"), skipped: read("pending") };
      // A runner that dies without a failing test has failed all the same.
      if (code !== 0 && count.failed === 0) count.failed = 1;
      void shown.then(() => resolve(count));
    });
  });
}

async function runOne(name: string, before: Promise<unknown>, total: Count): Promise<void> {
  const started = Date.now();
  const head = before.then(() => console.log(`\n== ${name}`));
  const count = await run(SUITES[name]!, head);
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`== ${name}: ${count.passed} passed, ${count.failed} failed, ${seconds} s`);
  for (const key of ["passed", "failed", "skipped"] as const) total[key] += count[key];
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
  let before: Promise<unknown> = Promise.resolve();
  for (const group of TOGETHER.map((together) => together.filter((name) => names.includes(name)))) {
    const runs = group.map((name) => (before = runOne(name, before, total)));
    await Promise.all(runs);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
}

void main();
