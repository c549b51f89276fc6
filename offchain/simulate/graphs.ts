import type { Digest } from "../../protocol/digest";
import type { Spec } from "../../protocol/spec";
import * as follow from "../workflow/follow";
import type { Follower, Graph } from "../workflow/follow";
import { Plan } from "../workflow/plan";
import type { Floor } from "./floor";
import type { Puts, SimWorkflow } from "./model";
import type { SimRun } from "./run";
import { SOME_DIGEST } from "./spec/collections";

/** Is told what becomes of tasks. */
export interface GraphListener {
  ready(run: SimRun): void;
  /** It will not be run, and its workflow goes on: it failed for good, or was left out. */
  dropped(run: SimRun): void;
  ended(workflow: number, how: "done" | "failed"): void;
}

/** A workflow's graph while it is simulated. */
export interface WorkflowGraph {
  /** The workflow is opened. */
  begin(): void;
  done(run: SimRun): void;
  /** A task has failed for good. */
  gaveUp(run: SimRun, reason: string): void;
}

/** @returns a workflow's graph: a spec's is followed by the coordinator's own rules */
export function graphOf(
  workflow: SimWorkflow,
  index: number,
  floor: Floor,
  listener: GraphListener,
): WorkflowGraph {
  const { spec, puts } = workflow;
  return spec && puts
    ? new StepGraph(spec, puts, index, floor.runs[index]!, listener)
    : new PlainGraph(index, floor, listener);
}

/** Tasks without steps: each needs all results of its parents, and the workflow each of them. */
class PlainGraph implements WorkflowGraph {
  private left: number;

  constructor(
    private readonly index: number,
    private readonly floor: Floor,
    private readonly listener: GraphListener,
  ) {
    this.left = floor.runs[index]!.length;
  }

  begin(): void {
    const first = this.floor.runs[this.index]!.filter(({ pending }) => pending === 0);
    for (const run of first) this.listener.ready(run);
  }

  done(run: SimRun): void {
    if (--this.left === 0) this.listener.ended(this.index, "done");
    for (const child of this.floor.childrenOf(run))
      if (--child.pending === 0) this.listener.ready(child);
  }

  gaveUp(): void {
    this.listener.ended(this.index, "failed");
  }
}

/** A spec's tasks, which are unfolded as those end that decide which there are. */
class StepGraph implements WorkflowGraph, Follower<SimRun> {
  private readonly graph: Graph<SimRun>;
  private readonly collections = new Map<string, Digest[]>();
  private readonly byTask = new Map<number, SimRun>();

  constructor(
    spec: Spec,
    private readonly puts: Puts,
    private readonly index: number,
    runs: SimRun[],
    private readonly listener: GraphListener,
  ) {
    const { collections } = this;
    this.graph = { spec, plan: new Plan(spec), tasks: new Map(), collections, over: 0 };
    for (const run of runs) this.byTask.set(run.task.planned!, run);
  }

  begin(): void {
    this.unfold();
  }

  done(run: SimRun): void {
    const { step } = run;
    run.state = "done";
    run.outputs = {};
    for (const output of Object.keys(step.outputs)) {
      const name = `${step.id}.${output}`;
      run.outputs[output] = this.puts.files.get(name) ?? SOME_DIGEST;
      const count = this.puts.items.get(name);
      if (step.outputs[output] === "collection" && count !== undefined)
        this.collections.set(`${run.task.planned}/${output}`, Array(count).fill(SOME_DIGEST));
    }
    follow.end(this.graph, run, this);
    if (follow.unfoldsSteps(this.graph.spec, step)) this.unfold();
  }

  gaveUp(run: SimRun, reason: string): void {
    follow.giveUp(this.graph, run, reason, this);
  }

  open(run: SimRun): void {
    if (run.state === "ready") this.listener.ready(run);
  }

  over(run: SimRun, reason?: string): void {
    if (reason !== undefined) this.listener.dropped(run);
  }

  fatal(): void {
    this.listener.ended(this.index, "failed");
  }

  allOver(_: SimRun, lost: string | undefined): void {
    this.listener.ended(this.index, lost === undefined ? "done" : "failed");
  }

  private unfold(): void {
    const make = ({ task, inputs }: { task: number; inputs: SimRun["inputs"] }) =>
      Object.assign(this.byTask.get(task)!, { inputs });
    const added = follow.unfold(this.graph, make, (run) => follow.lookAhead(this.graph, run, this));
    // The last conditions may have left the last steps out.
    if (added === 0 && follow.allOver(this.graph))
      this.listener.ended(
        this.index,
        follow.lostOutput(this.graph) === undefined ? "done" : "failed",
      );
  }
}
