import type { LaneTerms, ReadyTask } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import type { Rejection } from "./decision";
import { unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { isOffered } from "./price";
import type { Prospect, Prospects } from "./prospect";

/** Who can take a task, now or later, and why others can't. */
export interface Survey {
  prospects: Prospect[];
  rejections: Map<string, Rejection>;
}

/** Looks at all operators that hold a task's program. */
export function surveyOf(
  fleet: Fleet,
  reservations: Reservations,
  view: Prospects,
  terms: LaneTerms,
  task: ReadyTask,
): Survey {
  const rejections = new Map<string, Rejection>();
  let prospects: Prospect[] = [];
  for (const operator of fleet.holding(terms.program)) {
    const why = unfit(reservations, operator, terms, task);
    if (why) rejections.set(operator.address, why);
    else prospects.push(view.of(operator, terms));
  }
  // These rule nobody out when there would be nobody left.
  const rule = (why: Rejection, isOut: (p: Prospect) => boolean) => {
    if (prospects.every(isOut)) return;
    for (const p of prospects) if (isOut(p)) rejections.set(p.operator.address, why);
    prospects = prospects.filter((p) => !isOut(p));
  };
  if (task.avoid.size > 0) rule("failed_before", (p) => task.avoid.has(p.operator.address));
  rule("too_slow", (p) => p.taskMs > terms.runSeconds * 1000);
  return { prospects, rejections };
}

/** Why an operator can't take a task whatever else it is doing. */
function unfit(
  reservations: Reservations,
  operator: FleetOperator,
  terms: LaneTerms,
  task: ReadyTask,
): Rejection | undefined {
  const why = unable(operator, terms);
  if (why) return why;
  if (!reservations.couldFit(operator.address, terms.resources)) return "offer";
  if (!isOffered(task, operator)) return "price";
  return undefined;
}
