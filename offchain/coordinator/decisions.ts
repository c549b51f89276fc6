import { and, asc, eq, gt, gte, or } from "drizzle-orm";
import { leavesOf } from "../../protocol/assignment";
import type { SignedChoice } from "../../protocol/decision-view";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { LIMITS } from "../../protocol/limits";
import { workAssignments, workAttempts, workDecisions } from "../db/schema/work";
import { UNSIGNED } from "./assign";
import type { DecisionView } from "./facade";
import type { Run } from "./model";
import type { World } from "./world";

/** @returns a page of a workflow's decisions, in the order in which they were made; those of one moment by digest */
export function decisions(
  world: World,
  run: Run,
  after?: Digest,
  limit: number = LIMITS.maxPage,
): DecisionView[] {
  world.commit();
  const { digest, workflow, decidedAt } = workDecisions;
  return world.deps.db
    .select()
    .from(workDecisions)
    .where(
      and(eq(workDecisions.workflow, run.id), after === undefined ? undefined : following(after)),
    )
    .orderBy(asc(decidedAt), asc(digest))
    .limit(limit)
    .all()
    .map(({ record, ...row }) => ({
      digest: row.digest,
      decidedAt: row.decidedAt,
      tasks: record.tasks.map((task) => ({ task, attempt: record.attempt })),
      record: { ...record },
      assignment: signedFor(record.tasks[0]!, record.attempt),
    }));

  function following(known: Digest) {
    const last = world.deps.db
      .select({ at: decidedAt })
      .from(workDecisions)
      .where(and(eq(digest, known), eq(workflow, run.id)))
      .get();
    if (!last)
      throw new FrobenError("decision_unknown", "the workflow has no such decision", {
        field: "after",
        value: known,
        status: 404,
      });
    return and(gte(decidedAt, last.at), or(gt(decidedAt, last.at), gt(digest, known)));
  }

  function signedFor(task: number, attempt: number): SignedChoice | null {
    const { db } = world.deps;
    const of = { workflow: workAttempts.workflow, task: workAttempts.task };
    const found = db
      .select({ body: workAssignments.body })
      .from(workAttempts)
      .innerJoin(workAssignments, eq(workAssignments.root, workAttempts.root))
      .where(and(eq(of.workflow, run.id), eq(of.task, task), eq(workAttempts.attempt, attempt)))
      .get();
    if (!found || found.body.signature === UNSIGNED) return null;
    const { step, operator, word, mask, price, claimBy, root, signature } = found.body;
    const leaves = leavesOf(found.body).map((leaf) => ({
      task: leaf.task,
      inputsDigest: leaf.inputsDigest,
      statementDigest: leaf.statementDigest,
    }));
    const signed = { workflow: run.id, step, operator, attempt, word, mask, price, claimBy };
    return { ...signed, root, signature, leaves };
  }
}
