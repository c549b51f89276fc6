import { Cleanup } from "../devnet/cleanup";
import { runMainJob } from "../devnet/run";

/**
 * Proves a rollup batch through a market of its own.
 * @param blockSeconds between blocks; the devnet's own if not given
 * @param cleanup undoes the market, should it not come to its end
 * @returns from the workflow's opening to its final proof's verification, milliseconds
 */
export async function rollupMakespan(
  options: { leaves: number; blockSeconds?: number; say: (line: string) => void },
  cleanup: Cleanup,
): Promise<number> {
  const { say, ...rest } = options;
  const market = new Cleanup();
  cleanup.add(() => market.run());
  const report = await runMainJob(
    {
      ...rest,
      pipelines: ["rollup"],
      operators: 6,
      onStep: say,
      out: process.stderr as NodeJS.WriteStream,
      signal: new AbortController().signal,
    },
    market,
  );
  await market.run();
  if (!report.ok) throw new Error(`the market's run failed: ${report.failures.join("; ")}`);
  return report.workflows[0]!.makespanMs;
}
