/** Who calls it: intake.ts, for assignments that say that they are standby copies. */
import type { Hex } from "viem";
import { marketAbi } from "../../protocol/abi";
import type { SignedAssignment } from "../../protocol/http";
import type { MarketChain } from "../chain/clients";
import type { Holdings } from "../holdings/holdings";
import { isDead } from "../holdings/phase";
import { refuse } from "./refuse";

/** Clocks may differ by so much, seconds. */
const CLOCK_SLACK_SECONDS = 60;

/**
 * A copy is unpaid if it loses, so it has to be what it says: one task, which somebody else holds. And its result is kept until it can
 * be claimed, which must not be for ever.
 * @param wants whether this operator takes copies at all
 * @param now Unix time, seconds: the later one of the chain's and this machine's
 * @throws FrobenError `assignment_...` when it is refused
 */
export async function checkStandby(
  signed: SignedAssignment,
  wants: boolean,
  holdings: Pick<Holdings, "all">,
  { client, market }: Pick<MarketChain, "client" | "market">,
  now: number,
): Promise<void> {
  const { workflow, word, mask, tasks, claimBy, terms } = signed;
  if (!wants)
    refuse("standby", "this operator takes no copies of stragglers", "standby", {
      hint: "it registers with standby: false; see FROBEN_STANDBY",
    });
  if (tasks.length !== 1)
    refuse("malformed", "a copy has one task", "tasks", { limit: 1, value: tasks.length });
  const latest = now + terms.claimTime + CLOCK_SLACK_SECONDS;
  if (claimBy > latest)
    refuse("malformed", "a copy is kept for one claim time at most", "claimBy", {
      limit: latest,
      value: claimBy,
    });
  const isOwn = holdings
    .all()
    .flatMap((one) => one.tasks)
    .some((one) => one.workflow === workflow && one.task === tasks[0]!.task && !isDead(one.phase));
  if (isOwn) refuse("standby_own", "it would be a copy of this operator's own attempt", "tasks");
  const [claimed] = await client.readContract({
    address: market,
    abi: marketAbi,
    functionName: "taskWordOf",
    args: [workflow, word],
  });
  if ((claimed & BigInt(mask as Hex)) === 0n)
    refuse("not_standby", "nobody has claimed the task: it is no copy", "standby");
}
