import "tsx/cjs"; // Hardhat reads its configuration, which is TypeScript, through it
import { makeHistory } from "./history";
import { writeRecording } from "./recording";

/** A process of its own, whose chain is gone with it. Arguments: file, events, events of one block. */
async function main(): Promise<void> {
  const [file, events, perBlock] = process.argv.slice(2);
  const wanted = Number(events);
  let said = 0;
  const recording = await makeHistory(wanted, Number(perBlock), (made) => {
    const tenths = Math.floor((10 * made) / wanted);
    if (tenths > said && tenths < 10)
      process.stderr.write(`bench: ${made} of ${wanted} events are on the chain\n`);
    said = tenths;
  });
  await writeRecording(file!, recording);
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
