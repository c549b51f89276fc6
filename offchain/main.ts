import { FrobenError } from "../protocol/errors";
import { readConfig } from "./config";
import { createLog } from "./log";
import { startCoordinator } from "./start";

/** The coordinator as a process: environment in, one line on stdout that says where it listens, log on stderr. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const running = await startCoordinator(config, { log });
  process.stdout.write(`${JSON.stringify({ listening: running.url })}\n`);

  let stopping = false;
  const stop = (code: number, why: object) => {
    if (stopping) return;
    stopping = true;
    log.info(why, "the coordinator stops");
    running.stop().then(
      () => process.exit(code),
      (err: unknown) => {
        log.error({ err }, "stopping failed");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1); // asked a second time: at once, as if it had crashed, which the database outlives
      stop(0, { signal });
    });
  // Without the chain's story the coordinator must not go on.
  running.indexer.failed.catch((err: unknown) => {
    log.error({ err }, "the indexer can't go on");
    stop(1, {});
  });
}

main().catch((error: unknown) => {
  const body =
    error instanceof FrobenError ? error.toJSON() : { code: "internal", message: String(error) };
  process.stderr.write(`${JSON.stringify({ level: 60, service: "coordinator", error: body })}\n`);
  if (!(error instanceof FrobenError) && error instanceof Error)
    process.stderr.write(`${error.stack ?? ""}\n`);
  process.exit(1);
});
