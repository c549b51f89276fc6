import {
  REJECTIONS,
  type OperatorsWhy,
  type RejectedOperator,
  type WhyCode,
} from "../../protocol/why";
import type { Rejection } from "../matchmaker/decision";
import { freeSlots, freeStake, isBusy } from "../matchmaker/filter";
import type { FleetOperator } from "../matchmaker/fleet";
import { endOf } from "../matchmaker/pace";
import { offeredOf, priceOf } from "../matchmaker/price";
import { unknownMs } from "../matchmaker/prospect";
import type { LaneTerms } from "../runtime/ready-queue";
import { shortages } from "../runtime/shortage";
import type { OperatorRun, TaskRun } from "./model";
import { whyCanaries } from "./why-canaries";
import type { World } from "./world";

/** What is said of the operators that a predicate rules out. */
const SENTENCES: Record<Rejection, string> = {
  offline: "not seen for too long",
  draining: "draining, taking no new work",
  program: "without the program on its allow-list",
  offer: "offering less than the task needs",
  stake: "without free stake for the bond",
  price: "asking more than is offered for the task now",
  failed_before: "avoided, because it failed this task and others can take it",
  concurrency: "working on as many tasks as it takes at once",
  machine: "on a machine without room now",
  in_use: "using too much of what they offer of their machine",
  held: "on a machine that is kept for a more urgent task",
  too_slow: "expected to take longer than the task's run limit, while others are not",
  dear: "dearer than those that should do it in time",
  slower: "with room, but slower than waiting for a faster one that is busy",
  no_standby: "taking no copies of stragglers",
  apart: "computing it already, or on the machine where that is done",
};

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Says of every operator what the matchmaker's filter says of it, as things stand after its last run.
 * @param task that could be assigned as far as its workflow and the chain are concerned
 * @param limit how many operators are listed for each predicate; all are counted
 */
export function whyOperators(world: World, task: TaskRun, limit: number): OperatorsWhy {
  const { terms } = task.lane;
  const ruledOut = new Map<Rejection, OperatorRun[]>();
  let able = 0;
  let registered = 0;
  for (const [address, why] of world.matcher.explain(task.lane.partOf(task), task, world.now())) {
    registered++;
    if (why === undefined) able++;
    else {
      const operators = ruledOut.get(why) ?? [];
      ruledOut.set(why, operators);
      operators.push(world.operators.get(address)!);
    }
  }
  const canaries = whyCanaries(world, terms, limit);
  return {
    registered,
    able,
    program: terms.program,
    ceiling: terms.ceiling.toString(),
    bond: terms.bond.toString(),
    rejections: REJECTIONS.flatMap((code) => {
      const operators = ruledOut.get(code);
      if (!operators) return [];
      operators.sort((a, b) => compare(a.address, b.address));
      const listed = operators.slice(0, limit).map((one) => rejected(world, task, one, code));
      const message = `${operators.length} of ${registered}: ${SENTENCES[code]}`;
      return [{ code, message, count: operators.length, operators: listed }];
    }),
    ...(canaries && { canaries }),
  };
}

/** @returns whether somebody could take the task now, later, or not at all as things stand */
export function operatorsCode({ able, rejections }: OperatorsWhy): WhyCode {
  if (able > 0) return "operator_free";
  return rejections.some(({ code }) => isBusy(code)) ? "operators_busy" : "no_operator";
}

/** @returns one sentence for people */
export function operatorsMessage(why: OperatorsWhy): string {
  const counts = why.rejections.map(({ code, count }) => `${count} ${SENTENCES[code]}`).join("; ");
  const canaries = why.canaries ? `; ${why.canaries.message}` : "";
  if (why.registered === 0) return "no operator is registered";
  if (why.able > 0)
    return `an operator can take it: it is assigned when its turn has come${canaries}`;
  return operatorsCode(why) === "operators_busy"
    ? `whoever could take it is busy: ${counts}${canaries}`
    : `no operator can take it: ${counts}${canaries}`;
}

/** What an operator asks for such a task now, units. */
function asked({ experience }: World, fleet: FleetOperator, terms: LaneTerms): string {
  const expected = experience.expectedMs(terms.program, fleet.address, unknownMs(terms));
  return priceOf(fleet, terms, experience, expected).toString();
}

function rejected(
  world: World,
  task: TaskRun,
  operator: OperatorRun,
  code: Rejection,
): RejectedOperator {
  const { address, fleet, lastSeen } = operator;
  return {
    operator: address,
    name: fleet.registration.name,
    asked: asked(world, fleet, task.lane.terms),
    lacks: lacks(world, task, operator, code),
    lastSeen: code === "offline" ? lastSeen : null,
    expectedRoom: expectedRoom(world, task, operator, code),
  };
}

function lacks(
  world: World,
  task: TaskRun,
  { fleet }: OperatorRun,
  code: Rejection,
): RejectedOperator["lacks"] {
  const { terms } = task.lane;
  const { registration } = fleet;
  switch (code) {
    case "offer": {
      // Who offers enough has declared a machine that has less.
      const missing = shortages(registration.offer, terms.resources);
      if (missing.length > 0) return missing;
      return world.reservations.lacking(fleet.address, terms.resources);
    }
    case "stake": {
      const found = freeStake(fleet).toString();
      return [{ what: "stake", needed: terms.bond.toString(), found }];
    }
    case "price": {
      const needed = asked(world, fleet, terms);
      return [{ what: "price", needed, found: offeredOf(task, terms).toString() }];
    }
    case "program":
      return [{ what: "program", needed: terms.program, found: null }];
    case "concurrency":
      return [{ what: "slots", needed: 1, found: freeSlots(fleet) }];
    default:
      return [];
  }
}

function expectedRoom(
  world: World,
  task: TaskRun,
  { fleet }: OperatorRun,
  code: Rejection,
): number | null {
  const now = world.now();
  if (code === "slower") return world.matcher.waitsUntil(task.lane.partOf(task)) ?? null;
  if (code === "machine" || code === "in_use") {
    const { resources } = task.lane.terms;
    return world.reservations.expectedRoom(fleet.address, resources, now) ?? null;
  }
  // Who has a queue works it off first.
  if (code !== "concurrency" || fleet.queued > 0) return null;
  const ends = [...fleet.computing.values()].map((work) =>
    endOf(world.experience, fleet.address, work, now),
  );
  return Math.max(now, Math.min(...ends));
}
