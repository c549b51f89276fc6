/** Who calls it: main.ts with nothing, devnet with parts of its own. An operator as a process: environment, signals, ready line. */
import { FrobenError } from "../protocol/errors";
import { loadConfig } from "./config";
import { createOperator, type OperatorDeps } from "./operator";

async function run(deps: OperatorDeps): Promise<void> {
  const operator = await createOperator(await loadConfig(process.env), deps);
  let asked = false;
  const onSignal = () => {
    // The first asks to end well, the second to end now.
    const end = asked ? operator.stop() : operator.drain();
    asked = true;
    end.then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  process.stdout.write(`${JSON.stringify({ ready: true, address: operator.address })}\n`);
}

/**
 * Runs an operator for the life of this process; exits with 0 after SIGTERM or SIGINT, with 1 when it can't start.
 * @param deps parts that take the place of the product's own
 */
export function runOperatorProcess(deps: OperatorDeps = {}): void {
  run(deps).catch((error: unknown) => {
    const shown = error instanceof FrobenError ? error.toJSON() : { message: String(error) };
    process.stderr.write(`${JSON.stringify({ level: "fatal", error: shown })}\n`);
    process.exit(1);
  });
}
