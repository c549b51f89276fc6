import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Address } from "viem";
import type { Digest } from "../../protocol/digest";
import type { Retention } from "../artifacts/retention";
import type { Db } from "../db/client";
import { rowWriter, type Row } from "../db/row-writer";
import {
  workAssignments,
  workAttempts,
  workCanaries,
  workDecisions,
  workDurations,
  workGrowths,
  workOperators,
  workReceipts,
  workTasks,
  workWorkflows,
  type Receipts,
} from "../db/schema/work";
import type { DecisionRecord } from "../matchmaker/decision";
import type { Learned } from "../matchmaker/experience";
import type { Growth } from "../matchmaker/size";
import type { WrittenAlong } from "./facade";
import type { Memory } from "./memory";
import type { AssignmentRun, AttemptRun, CanaryRun, OperatorRun, Run, TaskRun } from "./model";

function upsert(db: Db, table: SQLiteTable, ...key: string[]): (row: Row) => void {
  const { encode, put } = rowWriter(db, table, key);
  return (row) => put(encode(row));
}

/**
 * Collects what changed and writes it in one transaction. Whoever lets something leave the coordinator flushes first, so that a crash
 * never forgets what others already know.
 */
export class Journal {
  private readonly runs = new Set<Run>();
  private readonly tasks = new Set<TaskRun>();
  private readonly attempts = new Set<AttemptRun>();
  private readonly seen = new Set<AttemptRun>();
  private readonly signed = new Set<Receipts>();
  private readonly assignments = new Set<AssignmentRun>();
  private readonly ended = new Set<AssignmentRun>();
  private readonly operators = new Set<OperatorRun>();
  private readonly canaries = new Set<CanaryRun>();
  private readonly decisions = new Map<Digest, DecisionRecord>();
  private readonly learned = new Map<
    string,
    { program: Digest; operator: Address; learned: Learned }
  >();
  private readonly growths = new Map<Digest, Growth>();
  private readonly statements;

  /**
   * @param memory written with the rest, and by itself
   * @param retention what workflows name is written with the rest
   * @param along written with the rest
   */
  constructor(
    private readonly db: Db,
    private readonly memory: Memory,
    private readonly retention: Retention,
    private readonly along?: WrittenAlong,
  ) {
    this.statements = {
      run: upsert(db, workWorkflows, "workflow"),
      task: upsert(db, workTasks, "workflow", "task"),
      attempt: upsert(db, workAttempts, "workflow", "task", "attempt"),
      assignment: upsert(db, workAssignments, "root"),
      receipts: upsert(db, workReceipts, "root"),
      verdictSeen: db.$client.prepare(
        "update work_attempts set verdict_seen = ? where workflow = ? and task = ? and attempt = ?",
      ),
      assignmentEnded: db.$client.prepare("update work_assignments set live = 0 where root = ?"),
      operator: upsert(db, workOperators, "address"),
      decision: upsert(db, workDecisions, "digest"),
      learned: upsert(db, workDurations, "program", "operator"),
      canary: upsert(db, workCanaries, "canary"),
      growth: upsert(db, workGrowths, "program"),
    };
  }

  run(run: Run): void {
    this.runs.add(run);
  }

  task(task: TaskRun): void {
    this.tasks.add(task);
  }

  attempt(attempt: AttemptRun): void {
    this.attempts.add(attempt);
  }

  /** Nothing but that has changed: a row of an attempt is long. */
  verdictSeen(attempt: AttemptRun): void {
    this.seen.add(attempt);
  }

  /** What an operator signed for results that are taken. */
  receipts(receipts: Receipts): void {
    this.signed.add(receipts);
  }

  assignment(assignment: AssignmentRun): void {
    this.assignments.add(assignment);
  }

  /** Nothing but that has changed: a body is large. */
  assignmentEnded(assignment: AssignmentRun): void {
    this.ended.add(assignment);
  }

  operator(operator: OperatorRun): void {
    this.operators.add(operator);
  }

  canary(canary: CanaryRun): void {
    this.canaries.add(canary);
  }

  decision(digest: Digest, record: DecisionRecord): void {
    this.decisions.set(digest, record);
  }

  /** @param growth of the program, if sizes of its tasks are known */
  learn(program: Digest, operator: Address, learned: Learned, growth?: Growth): void {
    this.learned.set(`${program}/${operator}`, { program, operator, learned });
    if (growth) this.growths.set(program, growth);
  }

  private get all(): { size: number; clear(): void }[] {
    const { runs, tasks, attempts, seen, signed, assignments, ended } = this;
    const { operators, canaries, decisions, learned, growths } = this;
    return [
      ...[runs, tasks, attempts, seen, signed, assignments, ended],
      ...[operators, canaries, decisions, learned, growths],
    ];
  }

  /** Whether there is nothing to write. */
  get clean(): boolean {
    const isClean = this.all.every((changed) => changed.size === 0);
    return isClean && !this.memory.isDirty && !this.retention.isDirty;
  }

  /** Writes everything that changed; if that fails, it stays to be written. */
  flush(): void {
    if (this.clean) return;
    const { statements } = this;
    const write = (put: (row: Row) => void, rows: Iterable<Row>) => {
      for (const row of rows) put(row);
    };
    this.db.transaction(() => {
      write(statements.run, map(this.runs, runRow));
      write(statements.task, map(this.tasks, taskRow));
      write(statements.attempt, map(this.attempts, attemptRow));
      for (const { task, number, verdictSeen } of this.seen)
        statements.verdictSeen.run(verdictSeen ? 1 : 0, task.run.id, task.index, number);
      write(statements.receipts, this.signed);
      write(statements.assignment, map(this.assignments, assignmentRow));
      for (const { body } of this.ended) statements.assignmentEnded.run(body.root);
      write(statements.operator, map(this.operators, operatorRow));
      write(statements.canary, map(this.canaries, canaryRow));
      write(
        statements.decision,
        map(this.decisions, ([digest, record]) => ({
          digest,
          workflow: record.workflow,
          decidedAt: record.decidedAt,
          record,
        })),
      );
      write(
        statements.learned,
        map(this.learned.values(), ({ learned, ...key }) => ({ ...key, ...learned })),
      );
      write(
        statements.growth,
        map(this.growths, ([program, { origin, slope, seen }]) => {
          return { program, origin, slope, seen };
        }),
      );
      if (this.memory.isDirty) this.memory.write();
      this.retention.write();
      this.along?.write();
    });
    this.memory.written();
    this.retention.written();
    this.along?.written();
    for (const changed of this.all) changed.clear();
  }
}

function* map<A, B>(items: Iterable<A>, to: (item: A) => B): Iterable<B> {
  for (const item of items) yield to(item);
}

function runRow(run: Run): Row {
  const { id: workflow, name, state, reason, version, endedAt, attempts, settled, paused } = run;
  return { workflow, name, state, reason, version, endedAt, attempts, settled, paused };
}

function taskRow(task: TaskRun): Row {
  const { state, pending, attempt, failures, refusals, notBefore, rises, leftOut } = task;
  const { result, outputs, reused, reason, endedAt, claimableUntil } = task;
  return {
    workflow: task.run.id,
    task: task.index,
    state,
    pending,
    attempt,
    failures,
    refusals,
    avoid: [...task.avoid],
    notBefore,
    rises,
    leftOut,
    claimableUntil,
    result,
    outputs,
    reused,
    reason,
    endedAt,
  };
}

function attemptRow(attempt: AttemptRun): Row {
  const { task, number, operator, root, state, outcome, reason, booked } = attempt;
  const { assignedAt, startedAt, computedAt, endedAt, standby, report } = attempt;
  const { verdict, verdictReason, release, verdictSeen, challenge } = attempt;
  return {
    workflow: task.run.id,
    task: task.index,
    attempt: number,
    operator,
    root,
    state,
    outcome,
    reason,
    booked,
    assignedAt,
    startedAt,
    computedAt,
    endedAt,
    standby,
    report,
    verdict,
    verdictReason,
    release,
    verdictSeen,
    challenge,
  };
}

function assignmentRow({ body, operator, decision, live }: AssignmentRun): Row {
  return {
    root: body.root,
    workflow: body.workflow,
    operator: operator.address,
    body,
    decision,
    live,
  };
}

function canaryRow({ id: canary, operator, ...rest }: CanaryRun): Row {
  return { ...rest, canary, operator: operator.address };
}

function operatorRow(operator: OperatorRun): Row {
  const { address, fleet, lastSeen, done, failed, struck } = operator;
  return {
    address,
    registration: fleet.registration,
    lastSeen,
    lastAssignedAt: fleet.lastAssignedAt,
    done,
    failed,
    struck,
  };
}
