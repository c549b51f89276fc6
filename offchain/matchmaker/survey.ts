import type { LaneTerms, ReadyTask } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import type { Rejection } from "./decision";
import { unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { offeredOf } from "./price";
import type { Prospect, Prospects } from "./prospect";

/** Who can take a task, now or later, and why others can't. */
export interface Survey {
  prospects: Prospect[];
  rejections: Map<string, Rejection>;
}

/** Looks at all operators that hold a task's program. @param sufficient those that are needed, if others are too dear */
export function surveyOf(
  fleet: Fleet,
  reservations: Reservations,
  view: Prospects,
  terms: LaneTerms,
  task: ReadyTask,
  sufficient?: ReadonlySet<string>,
): Survey {
  const rejections = new Map<string, Rejection>();
  let prospects: Prospect[] = [];
  for (const operator of fleet.holding(terms.program)) {
    const why = unfit(reservations, operator, terms);
    if (why) rejections.set(operator.address, why);
    else prospects.push(view.of(operator, terms));
  }
  // These rule nobody out when there would be nobody left.
  const rule = (why: Rejection, isOut: (p: Prospect) => boolean) => {
    if (prospects.every(isOut)) return;
    for (const p of prospects) if (isOut(p)) rejections.set(p.operator.address, why);
    prospects = prospects.filter((p) => !isOut(p));
  };
  const offered = offeredOf(task, terms);
  prospects = prospects.filter(({ operator, price }) => {
    if (BigInt(price) <= offered) return true;
    rejections.set(operator.address, "price");
    return false;
  });
  if (task.avoid.size > 0) rule("failed_before", (p) => task.avoid.has(p.operator.address));
  if (sufficient) rule("dear", (p) => !sufficient.has(p.operator.address));
  rule("too_slow", (p) => p.taskMs > terms.runSeconds * 1000);
  return { prospects, rejections };
}

/** Why an operator can't take a task whatever else it is doing. */
function unfit(
  reservations: Reservations,
  operator: FleetOperator,
  terms: LaneTerms,
): Rejection | undefined {
  const why = unable(operator, terms);
  if (why) return why;
  if (!reservations.couldFit(operator.address, terms.resources)) return "offer";
  return undefined;
}
