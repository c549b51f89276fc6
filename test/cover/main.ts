import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import {
  TASK_COMPILE,
  TASK_TEST_GET_TEST_FILES,
  TASK_TEST_RUN_MOCHA_TESTS,
} from "hardhat/builtin-tasks/task-names";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { objections, readAccepted, type Accepted } from "./accepted";
import { points } from "./instrument-input";
import { BUILD_FOLDER, root } from "./paths";
import { listOf, tableOf } from "./print";
import { percent, reportOf } from "./report";
import { watch } from "./watch";

// `npm run coverage`: which lines, branches and functions of the contracts their tests reach.

interface Options {
  json?: string;
  leastBranches: number;
  accepted: string;
}

function readPercent(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError("a number from 0 to 100");
  return value;
}

const options = new Command("coverage")
  .description("Coverage of the contracts by test/contracts. Without files, all tests run.")
  .argument("[files...]", "only these test files; then nothing is held against what is accepted")
  .option("--json <file>", "write the report as data")
  .option("--least-branches <percent>", "fail below this share of branches", readPercent, 0)
  .option(
    "--accepted <file>",
    "uncovered branches that are accepted, and tests that are left out, with reasons",
    join(root, "test/contracts/uncovered.json"),
  );

/** Skips the tests that are left out. @returns the full titles of all tests that came up */
function leaveOut(hre: HardhatRuntimeEnvironment, { tests }: Accepted): Set<string> {
  const left = new Set(tests.map(({ test }) => test));
  const seen = new Set<string>();
  hre.config.mocha.rootHooks = {
    beforeEach(this: Mocha.Context) {
      const title = this.currentTest!.fullTitle();
      seen.add(title);
      if (left.has(title)) this.skip();
    },
  };
  return seen;
}

async function main(): Promise<number> {
  const command = options.parse();
  const { json, leastBranches, accepted: path } = command.opts<Options>();
  const accepted = readAccepted(path);
  const started = Date.now();
  process.env.HARDHAT_CONFIG = join(__dirname, "hardhat.config.ts");
  const hre = require("hardhat") as HardhatRuntimeEnvironment;
  const seen = leaveOut(hre, accepted);
  await hre.run(TASK_COMPILE, { quiet: true }); // first, so that the chain knows the code and can name its errors
  const reached = await watch(hre.network.provider);
  const testFiles: string[] = await hre.run(TASK_TEST_GET_TEST_FILES, { testFiles: command.args });
  const failures: number = await hre.run(TASK_TEST_RUN_MOCHA_TESTS, { testFiles });

  const report = reportOf(points, reached);
  console.log(tableOf(report));
  console.log(listOf(report, accepted));
  const wrong = command.args.length > 0 ? [] : objections(report, accepted, seen);
  const branches = percent(report.total.branches);
  if (failures > 0) wrong.unshift(`${failures} tests failed`);
  if (branches < leastBranches)
    wrong.push(`${branches}% of the branches are covered, ${leastBranches}% are asked for`);
  const seconds = Math.round((Date.now() - started) / 1000);
  if (json)
    writeFileSync(json, `${JSON.stringify({ ...report, accepted, wrong, seconds }, null, 2)}\n`);
  console.log(`tests left out: ${accepted.tests.length}; ${seconds} s`);
  wrong.forEach((sentence) => console.error(sentence));
  return wrong.length > 0 ? 1 : 0;
}

const clean = () => rmSync(BUILD_FOLDER, { recursive: true, force: true });
process.once("exit", clean);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));

clean(); // points come from compiling
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
