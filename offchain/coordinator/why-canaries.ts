import type { OperatorsWhy } from "../../protocol/why";
import { isPromising } from "../matchmaker/choose";
import type { LaneTerms } from "../runtime/ready-queue";
import type { OperatorRun } from "./model";
import type { World } from "./world";

type CanariesWhy = NonNullable<OperatorsWhy["canaries"]>;

/**
 * Says which operators that hold a program have a canary, and which are expected to fail with some answers to canaries against them.
 * @param limit how many operators are listed; all are counted
 * @returns nothing if there are none
 */
export function whyCanaries(
  world: World,
  { program }: Pick<LaneTerms, "program">,
  limit: number,
): CanariesWhy | undefined {
  const all: CanariesWhy["operators"] = [];
  for (const { address } of world.fleet.holding(program)) {
    const operator = world.operators.get(address)!;
    const state = stateOf(operator);
    const isDoubted = isDoubtedAt(world, operator, program);
    if (state === null && !isDoubted) continue;
    const { name } = operator.fleet.registration;
    all.push({ operator: operator.address, name, state, isDoubted, ...operator.canaries });
  }
  if (all.length === 0) return undefined;
  all.sort((a, b) => (a.operator < b.operator ? -1 : 1));
  return { count: all.length, message: messageOf(all), operators: all.slice(0, limit) };
}

/** @returns of the canary that an operator has; null if it has none */
function stateOf({ canary }: OperatorRun): CanariesWhy["operators"][number]["state"] {
  switch (canary?.state) {
    case "offered":
    case "taken":
    case "judging":
      return canary.state;
    default:
      return null;
  }
}

function isDoubtedAt(
  { experience }: World,
  { address, canaries: { wrong, failed } }: OperatorRun,
  program: LaneTerms["program"],
): boolean {
  return (
    wrong + failed > 0 && !isPromising({ failureRate: experience.failureRate(program, address) })
  );
}

function messageOf(all: CanariesWhy["operators"]): string {
  const busy = all.filter(({ state }) => state !== null).length;
  const doubted = all.filter(({ isDoubted }) => isDoubted).length;
  const parts: string[] = [];
  if (busy > 0) parts.push(`${busy} with a canary, given back for a task`);
  if (doubted > 0)
    parts.push(`${doubted} expected to fail, with canaries answered wrongly or not at all`);
  return parts.join("; ");
}
