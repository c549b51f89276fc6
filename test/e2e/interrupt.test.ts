import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../devnet/network";
import { holdersOf } from "../support/processes";

const LOOK_MS = 50;

/** How many programs the operators of a devnet are running now: each has a folder of its own for as long as it runs. */
function running(temporary: string): number {
  const entries = (folder: string): string[] => {
    try {
      return readdirSync(folder);
    } catch {
      return []; // not there yet, no folder, or gone meanwhile
    }
  };
  return entries(temporary)
    .filter((name) => name.startsWith("froben-devnet-"))
    .flatMap((devnet) =>
      entries(join(temporary, devnet)).flatMap((operator) =>
        entries(join(temporary, devnet, operator, "runs")),
      ),
    ).length;
}

const says = (sentence: string) => (said: string) => said.includes(sentence);

/** When to interrupt, by what it has said and by its folder for temporary files. */
const MOMENTS: Record<string, (said: string, temporary: string) => boolean> = {
  "deploying the contracts": says("deploying the contracts"),
  "starting the coordinator": says("starting the coordinator"),
  "submitting the workflows": says("submitting the workflows"),
  "2 running": (_, temporary) => running(temporary) >= 2,
};

describe("Ctrl-C", () => {
  for (const [moment, hasCome] of Object.entries(MOMENTS))
    it(`at "${moment}" ends every process and removes every file`, async () => {
      const temporary = mkdtempSync(join(tmpdir(), "froben-interrupt-"));
      const child = spawn(
        process.execPath,
        [join(root, "bin/bootstrap.mjs"), "devnet/main.ts", "--pipeline", "membership"],
        {
          cwd: root,
          env: { ...process.env, TMPDIR: temporary },
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      let said = "";
      const exit = once(child, "exit") as Promise<[number | null]>;
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      child.stderr.resume();
      await new Promise<void>((resolve) => {
        const look = setInterval(() => hasCome(said, temporary) && resolve(), LOOK_MS);
        void exit.then(() => resolve()).finally(() => clearInterval(look));
      });
      child.kill("SIGINT");
      const [code] = await exit;
      expect(code, said).to.equal(130);
      expect(readdirSync(temporary).filter((name) => name.startsWith("froben-"))).to.deep.equal([]);
      expect(holdersOf(temporary)).to.deep.equal([]);
      rmSync(temporary, { recursive: true, force: true });
    });
});
