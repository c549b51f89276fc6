#!/usr/bin/env node
// The compiler of npm's `solc` as the executable that forge expects: answers --version and --standard-json.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const solc = createRequire(import.meta.url)("solc");

if (process.argv.includes("--version")) {
  const version = solc.version().replace(/\.Emscripten.*$/, "");
  process.stdout.write(
    `solc, the solidity compiler commandline interface\nVersion: ${version}.Linux.g++\n`,
  );
} else {
  // forge sends every source along, so that no import is left to resolve.
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
}
