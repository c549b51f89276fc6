import type { LaneTerms, ReadyTask } from "../runtime/ready-queue";
import type { Rejection } from "./decision";
import { unable } from "./filter";
import type { Fleet } from "./fleet";
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
  view: Prospects,
  terms: LaneTerms,
  task: ReadyTask,
  sufficient?: ReadonlySet<string>,
): Survey {
  const rejections = new Map<string, Rejection>();
  let prospects: Prospect[] = [];
  const kind = view.kind(terms);
  for (const operator of fleet.holding(terms.program)) {
    const why = unable(operator, terms);
    const prospect = why ? undefined : view.of(operator, terms, kind);
    if (prospect) prospects.push(prospect);
    else rejections.set(operator.address, why ?? "offer");
  }
  // These rule nobody out when there would be nobody left.
  const rule = (why: Rejection, isOut: (p: Prospect) => boolean) => {
    if (prospects.every(isOut)) return;
    for (const p of prospects) if (isOut(p)) rejections.set(p.operator.address, why);
    prospects = prospects.filter((p) => !isOut(p));
  };
  const offered = offeredOf(task, terms);
  prospects = prospects.filter(({ operator, price }) => {
    if (price <= offered) return true;
    rejections.set(operator.address, "price");
    return false;
  });
  if (task.avoid.size > 0) rule("failed_before", (p) => task.avoid.has(p.operator.address));
  if (sufficient) rule("dear", (p) => !sufficient.has(p.operator.address));
  rule("too_slow", (p) => p.taskMs > terms.runSeconds * 1000);
  return { prospects, rejections };
}
