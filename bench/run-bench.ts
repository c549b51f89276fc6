import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import Table from "cli-table3";
import { InvalidArgumentError } from "commander";
import { Cleanup } from "../devnet/cleanup";

/**
 * Runs a bench's main part: says what went wrong, and leaves nothing behind, also after Ctrl-C.
 * @param work gets where to say what must be cleaned up
 */
export async function runBench(work: (cleanup: Cleanup) => Promise<void>): Promise<void> {
  const cleanup = new Cleanup();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => void cleanup.run().then(() => process.exit(130)));
  try {
    await work(cleanup);
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
  await cleanup.run();
}

/** @returns a table without colours; each row has as many cells as the head */
export function tableOf(head: string[], rows: (string | number)[][]): string {
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...rows);
  return table.toString();
}

/**
 * Prints what was measured, with the machine's load, under which times are to be read.
 * @param lines a table, and what there is to say about it
 * @param result the same as data
 * @param json where to write that, if anywhere
 */
export async function printResult(lines: string[], result: object, json?: string): Promise<void> {
  const load = Number(loadavg()[0]!.toFixed(2));
  process.stdout.write(`${[...lines, `load ${load}`].join("\n")}\n`);
  if (json) await writeFile(json, `${JSON.stringify({ ...result, load }, null, 2)}\n`);
}

/** Parses an option's value. @throws InvalidArgumentError unless it is a whole number above 0 */
export function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("must be a whole number above 0");
  return value;
}
