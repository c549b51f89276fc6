import type { TaskWhy, WorkflowWhy } from "../../protocol/why";
import { fields, table } from "./table";

type Rejected = NonNullable<TaskWhy["operators"]>["rejections"][number]["operators"][number];

const at = (ms: number) => new Date(ms).toISOString();

/** What is to be known of one operator beside the predicate that rules it out. */
function detailOf({ lacks, lastSeen, expectedRoom }: Rejected): string {
  const facts = lacks.map(({ what, needed, found }) =>
    found === null ? `needs ${what} ${needed}` : `${what}: needs ${needed}, has ${found}`,
  );
  if (lastSeen !== null) facts.push(lastSeen === 0 ? "never seen" : `last seen ${at(lastSeen)}`);
  if (expectedRoom !== null) facts.push(`room expected ${at(expectedRoom)}`);
  return facts.join("; ");
}

function operatorLines({ operators }: TaskWhy): string[] {
  if (!operators) return [];
  const { ceiling, rejections } = operators;
  const rows = rejections.flatMap(({ code, count, operators: listed }) => [
    ...listed.map((one) => [
      code,
      one.name,
      one.operator,
      `${one.asked} of ${ceiling}`,
      detailOf(one),
    ]),
    ...(count > listed.length ? [[code, `and ${count - listed.length} more`, "", "", ""]] : []),
  ]);
  if (rows.length === 0) return [];
  return ["", table(["why not", "operator", "address", "asks (units)", "detail"], rows)];
}

function canaryLines({ operators }: TaskWhy): string[] {
  if (!operators?.canaries) return [];
  const { count, operators: listed } = operators.canaries;
  if (listed.length === 0) return [];
  const rows = listed.map(({ name, operator, state, isDoubted, right, wrong, failed }) => [
    state ?? "none",
    name,
    operator,
    `${right} / ${wrong} / ${failed}`,
    isDoubted ? "yes" : "no",
  ]);
  const left = count - listed.length;
  return [
    "",
    table(["canary", "operator", "address", "right / wrong / failed", "expected to fail"], rows),
    ...(left > 0 ? [`and ${left} more`] : []),
  ];
}

function missingLines({ missing }: TaskWhy): string[] {
  if (!missing) return [];
  const rows = missing.tasks.map((one) => [
    one.task ?? "-",
    one.index === null ? one.step : `${one.step}[${one.index}]`,
    one.state,
  ]);
  const left = missing.count - missing.tasks.length;
  return [
    "",
    table(["waits for task", "step", "state"], rows),
    ...(left > 0 ? [`and ${left} more`] : []),
  ];
}

/** Why one task is not running. */
export function taskWhyLines(why: TaskWhy): string[] {
  const place = why.step === null ? "" : ` (${why.step}[${why.index}])`;
  const { attempt, standby } = why;
  return [
    ...fields([
      ["task", `${why.task}${place}`],
      ["state", why.state ?? "unknown"],
      ["reason", why.code],
      ["because", why.message],
      ...(attempt
        ? [
            ["attempt", `${attempt.number}, ${attempt.state}`] as [string, string],
            ["claimed", attempt.claimed ? "yes" : "no"] as [string, string],
          ]
        : []),
      ...(standby
        ? [["copy", `${standby.number}, ${standby.state}: ${standby.operator}`] as [string, string]]
        : []),
    ]),
    ...missingLines(why),
    ...operatorLines(why),
    ...canaryLines(why),
  ];
}

/** What holds a workflow up. */
export function workflowWhyLines(why: WorkflowWhy): string[] {
  const lines = fields([
    ["workflow", `${why.workflow}, ${why.state}`],
    ["reason", why.code],
    ["because", why.message],
    ...(why.notUnfolded.length > 0
      ? [["not known yet", why.notUnfolded.join(", ")] as [string, string]]
      : []),
  ]);
  if (why.groups.length === 0) return lines;
  const rows = why.groups.map(({ code, step, count, tasks, example }) => [
    code,
    step,
    count,
    tasks.slice(0, 5).join(", ") + (count > 5 ? ", ..." : ""),
    example.message,
  ]);
  return [
    ...lines,
    "",
    table(["reason", "step", "tasks", "which", "the first of them"], rows),
    ...(why.more > 0 ? [`and ${why.more} more groups`] : []),
  ];
}
