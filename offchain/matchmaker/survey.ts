import type { LaneTerms, ReadyTask } from "../runtime/ready-queue";
import { takeFree } from "./ahead";
import type { Rejection } from "./decision";
import { unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { offeredOf } from "./price";
import type { Prospect, Prospects } from "./prospect";
import { BEST, LOOKED_AT } from "./ranking";
import type { Rankings } from "./rankings";
import type { Fits, Rest } from "./rest";

/** Who can take a task, and why others can't. */
export interface Survey {
  /** Who could start it now. */
  free: Prospect[];
  /** Who could start it later. */
  busy: Prospect[];
  rejections: Map<string, Rejection>;
  /** Of many operators, those that were not looked at. */
  rest?: Rest;
}

/**
 * Looks at operators that hold a task's program.
 * @param operators all who do
 * @param sufficient those that are needed, if others are too dear
 */
export function surveyOf(
  operators: ReadonlySet<FleetOperator>,
  view: Prospects,
  terms: LaneTerms,
  task: ReadyTask,
  sufficient?: ReadonlySet<string>,
): Survey {
  const rejections = new Map<string, Rejection>();
  const prospects: Prospect[] = [];
  let place = 0;
  for (const operator of operators) {
    const why = unable(operator, terms);
    const prospect = why ? undefined : view.at(place, operator, terms);
    place++;
    if (prospect) prospects.push(prospect);
    else rejections.set(operator.address, why ?? "offer");
  }
  return ruled(prospects, rejections, terms, task, sufficient);
}

/** Leaves out of those who can take a task whom others are to be preferred to, and who asks for too much. */
function ruled(
  looked: Prospect[],
  rejections: Map<string, Rejection>,
  terms: LaneTerms,
  task: ReadyTask,
  sufficient?: ReadonlySet<string>,
): Survey {
  let prospects = looked;
  const leaveOut = (why: Rejection, isOut: (p: Prospect) => boolean) => {
    if (!prospects.some(isOut)) return;
    for (const p of prospects) if (isOut(p)) rejections.set(p.operator.address, why);
    prospects = prospects.filter((p) => !isOut(p));
  };
  // These rule nobody out when there would be nobody left.
  const rule = (why: Rejection, isOut: (p: Prospect) => boolean) => {
    if (!prospects.every(isOut)) leaveOut(why, isOut);
  };
  const offered = offeredOf(task, terms);
  leaveOut("price", ({ price }) => price > offered);
  if (task.avoid.size > 0) rule("failed_before", (p) => task.avoid.has(p.operator.address));
  if (sufficient) rule("dear", (p) => !sufficient.has(p.operator.address));
  rule("too_slow", (p) => p.taskMs > terms.runSeconds * 1000);
  return { free: takeFree(prospects), busy: prospects, rejections };
}

/**
 * Looks at all who hold a task's program, or of many at the best.
 * @param sufficient those that are needed, if others are too dear
 */
export function surveyBest(
  fleet: Fleet,
  rankings: Rankings,
  view: Prospects,
  terms: LaneTerms,
  task: ReadyTask,
  sufficient?: ReadonlySet<string>,
): Survey {
  const holders = fleet.holding(terms.program);
  if (holders.size <= LOOKED_AT) return surveyOf(holders, view, terms, task, sufficient);
  const ranking = rankings.of(terms, view);
  const factor = view.sizeFactor(terms);
  const offered = Number(offeredOf(task, terms));
  const { avoid, haul } = task;
  const isOffered: Fits = (_, price) => price <= offered;
  const isWanted: Fits = ({ address }, price) =>
    price <= offered && !avoid.has(address) && (sufficient?.has(address) ?? true);
  const isAny = avoid.size === 0 && !sufficient;
  const few = sufficient && areFew(sufficient.size, holders.size) && operatorsOf(sufficient, fleet);
  let best = few
    ? ranking.only(few, view, isWanted, terms, factor)
    : ranking.best(view, isAny ? isOffered : isWanted, terms, factor);
  if (best.prospects.length === 0 && !isAny) best = ranking.best(view, isOffered, terms, factor);
  const { prospects } = best;
  const looked = new Set(haul && prospects.map(({ operator }) => operator));
  for (const address of haul?.holders() ?? []) {
    const holder = fleet.get(address);
    if (!holder || !holders.has(holder) || looked.has(holder) || unable(holder, terms)) continue;
    const prospect = view.of(holder, terms);
    if (prospect) prospects.push(prospect);
  }
  const survey = ruled(prospects, new Map(), terms, task, sufficient);
  survey.rest = best.rest;
  return survey;
}

/** Whether fewer operators are looked at if only those are who suffice than if the best of all are found among whom they are. */
const areFew = (sufficient: number, all: number): boolean => sufficient ** 2 <= 2 * BEST * all;

function operatorsOf(addresses: Iterable<string>, fleet: Fleet): FleetOperator[] {
  return Array.from(addresses, (address) => fleet.get(address)).filter((one) => one !== undefined);
}
