import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Verdict } from "./messages";
import type { Mutant } from "./mutants";
import type { Plan } from "./plan";

const digestOf = (parts: unknown) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");

/**
 * @param root the project
 * @param modules files that the tests load, relative to it
 * @returns digest of everything that a verdict depends on but the mutation: contracts, compiler, tests, packages
 */
export function worldDigest(root: string, plan: Plan, modules: string[]): string {
  const files = [...modules, "package-lock.json"].map((path) => [
    path,
    digestOf(readFileSync(join(root, path), "utf8")),
  ]);
  return digestOf([plan.solc, Object.values(plan.inputs).map(digestOf).sort(), files]);
}

/** Verdicts of earlier runs, one a line, so that a run that was stopped goes on where it was. */
export class Store {
  private readonly known = new Map<string, Verdict>();

  constructor(
    private readonly path: string,
    private readonly world: string,
  ) {
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) return;
    const text = readFileSync(path, "utf8");
    if (text !== "" && !text.endsWith("\n")) appendFileSync(path, "\n"); // a run was stopped in the middle of a line
    for (const line of text.split("\n")) {
      const entry = parse(line);
      if (entry) this.known.set(entry.key, entry.verdict);
    }
  }

  get(mutant: Mutant): Verdict | undefined {
    return this.known.get(this.keyOf(mutant));
  }

  put(mutant: Mutant, verdict: Verdict): void {
    const key = this.keyOf(mutant);
    this.known.set(key, verdict);
    appendFileSync(this.path, `${JSON.stringify({ key, verdict })}\n`);
  }

  private keyOf({ file, edit }: Mutant): string {
    return digestOf([this.world, file, edit]);
  }
}

/** @returns undefined for a line that a stopped run left half written */
function parse(line: string): { key: string; verdict: Verdict } | undefined {
  try {
    return JSON.parse(line) as { key: string; verdict: Verdict };
  } catch {
    return undefined;
  }
}
