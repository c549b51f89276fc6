import type { Digest } from "../../protocol/digest";
import type { Spec } from "../../protocol/spec";
import { minimumEscrow, stepTermsOf } from "../../protocol/terms";
import { specDigest } from "../../protocol/validate-spec";
import { DEFAULT_UNIT } from "../units";
import { bondWarnings, type Warning } from "./bond-warnings";
import { windowWarnings } from "./window-warnings";

export interface QuoteOptions {
  /** The coordinator's fee, basis points of what is spent; 0 if not given. */
  feeBps?: number;
  /** Wei of one unit; a gwei if not given. */
  unit?: bigint;
  /** Wei per gas; without it nothing is said about bonds. */
  gasPrice?: bigint;
  /** Whether it is to run on a chain of one machine. */
  localChain?: boolean;
}

/** What one step costs at most. Amounts are units, as decimal text. */
export interface StepQuote {
  step: string;
  /** Tasks at most. */
  tasks: number;
  /** Most that a task is paid. */
  ceiling: string;
  /** Locked by the operator for each task; the requester does not pay it. */
  bond: string;
  /** Tasks times ceiling. */
  subtotal: string;
  windowSeconds: number;
}

/** What a run costs at most. Amounts are units, as decimal text. */
export interface Quote {
  name: string;
  spec: Digest;
  tasks: number;
  steps: StepQuote[];
  /** All tasks at their ceilings. */
  work: string;
  feeBps: number;
  fee: string;
  /** To be paid when the workflow is opened: work and fee. What is not spent comes back. */
  escrow: string;
  warnings: Warning[];
}

/**
 * Says what a run of a workflow costs at most, before anything is paid; needs no chain.
 * @example console.log(quote(workflow.spec, { feeBps: 100 }).escrow);
 */
export function quote(spec: Spec, options: QuoteOptions = {}): Quote {
  const { feeBps = 0, unit = DEFAULT_UNIT, gasPrice, localChain } = options;
  const terms = stepTermsOf(spec);
  const steps = terms.map(({ maxTasks, ceiling, bond, window }, index) => ({
    step: spec.steps[index]!.id,
    tasks: maxTasks,
    ceiling: ceiling.toString(),
    bond: bond.toString(),
    subtotal: (BigInt(maxTasks) * ceiling).toString(),
    windowSeconds: window,
  }));
  const work = minimumEscrow(terms, 0);
  const escrow = minimumEscrow(terms, feeBps);
  return {
    name: spec.name,
    spec: specDigest(spec),
    tasks: steps.reduce((sum, { tasks }) => sum + tasks, 0),
    steps,
    work: work.toString(),
    feeBps,
    fee: (escrow - work).toString(),
    escrow: escrow.toString(),
    warnings: [
      ...(gasPrice === undefined ? [] : bondWarnings(spec, gasPrice, unit)),
      ...windowWarnings(spec, localChain),
    ],
  };
}
