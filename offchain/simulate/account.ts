import { decisionDigest, type DecisionRecord } from "../matchmaker/decision";
import type { Attempt } from "./attempt";
import { START_MS } from "./model";
import type { SimAttempt, Simulation, SimulationOptions } from "./result";

/** What a simulation writes down: decisions, attempts and what they cost. */
export class Account {
  readonly attempts: SimAttempt[] = [];
  readonly decisions: Simulation["decisions"] = [];
  readonly waste = { attempts: 0, seconds: 0, cost: 0 };
  cost = 0;
  /** Units, by workflow. */
  readonly paid: bigint[];

  constructor(private readonly options: SimulationOptions) {
    this.paid = options.workflows.map(() => 0n);
  }

  decided(decision: DecisionRecord): void {
    const { onDecision } = this.options;
    if (onDecision) onDecision(decision);
    else this.decisions.push({ ...decision, digest: decisionDigest(decision) });
  }

  /** @param now Unix milliseconds */
  ended(ended: Attempt, outcome: SimAttempt["outcome"], now: number): void {
    // What never had its turn took no time.
    const { run, number, chain, device, startedAt = now, isCopy } = ended;
    const { operator } = chain.host;
    const hours = (now - startedAt) / 3_600_000;
    if (outcome === "done") this.paid[run.workflowIndex]! += chain.price;
    if (outcome === "cancelled") {
      this.waste.attempts++;
      this.waste.seconds += hours * 3_600;
      this.waste.cost += operator.pricePerHour * hours;
    } else this.cost += operator.pricePerHour * hours;
    const made: SimAttempt = {
      workflow: run.workflow.name,
      task: run.task.id,
      attempt: number,
      operator: operator.id,
      device: [...device],
      start: (startedAt - START_MS) / 1000,
      end: (now - START_MS) / 1000,
      outcome,
      ...(isCopy && { copy: true as const }),
    };
    const { onAttempt } = this.options;
    if (onAttempt) onAttempt(made);
    else this.attempts.push(made);
  }
}
