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
