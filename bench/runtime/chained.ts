import type { Cleanup } from "../../devnet/cleanup";
import { sha256 } from "../../protocol/digest";
import { specDigest } from "../../protocol/validate-spec";
import { submit } from "../../sdk";
import { startChainMarket } from "./chain-market";
import { measure, restart, type Measured } from "./measure";
import type { RunOptions } from "./options";
import { INPUT, noopWorkflow } from "./workflow";

/** Seconds between blocks. */
const BLOCK_SECONDS = 1;

/** One workflow through a whole market with a local chain. */
export async function runChained(options: RunOptions, cleanup: Cleanup): Promise<Measured> {
  const { spec, tasks } = noopWorkflow(options.tasks);
  const market = await startChainMarket(options, BLOCK_SECONDS, cleanup);
  const { client, counted, coordinatorUrl } = market;
  const workflow = {
    spec,
    digest: specDigest(spec),
    artifacts: new Map([[sha256(INPUT), INPUT]]),
  };
  const measured = await measure(
    coordinatorUrl,
    counted,
    tasks,
    async () => (await submit(client, workflow)).workflow,
  );
  for (const { kind, process } of counted) if (kind !== "chain") await process.stop();
  return restart(measured, () => market.restart());
}
