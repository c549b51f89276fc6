#!/usr/bin/env node
// `npx froben`: runs the command line with the pinned Node, whatever Node started this file. Installs nothing.
import { spawn } from "node:child_process";
import { pinnedNode, processArgs } from "./node22.mjs";

const node = pinnedNode();
if (!node) {
  process.stderr.write(
    'froben: the dependencies are not installed: run "npm start" or "npm ci" first\n',
  );
  process.exit(1);
}
const args = processArgs("cli/main.ts", process.argv.slice(2));
const child = spawn(node, args, { stdio: "inherit" });
// The child decides how to stop; this process only passes signals on and waits for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
