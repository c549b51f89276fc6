import { readConfig } from "../../offchain/config";
import { createLog } from "../../offchain/log";
import { startCoordinator } from "../../offchain/start";
import { judge } from "./judge";

// The coordinator's process of the bench with a chain: the product's own, but for its validation programs.

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const running = await startCoordinator(config, {
    log: createLog(config.logLevel),
    validator: judge,
  });
  process.stdout.write(`${JSON.stringify({ listening: running.url })}\n`);
  process.on("SIGTERM", () => void running.stop().then(() => process.exit(0)));
}

void main();
