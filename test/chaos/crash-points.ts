/**
 * All steps of a task's life at which a process is killed, in the order in which a workflow reaches them first. A line is what
 * happens at once, such as all that one transaction writes: the process is killed before and after the first of a line, which is
 * before and after the others too. The undisturbed run reaches every step, and none that is not named here (scenarios/undisturbed.ts).
 */
const STEPS = {
  coordinator: [
    ["write request_nonces"],
    ["keep artifact"],
    ["answer PUT /v1/artifacts/*"],
    ["answer POST /v1/specs"],
    ["write chain_blocks", "write chain_events", "write chain_accounts", "write chain_undo"],
    ["write chain_workflows", "write chain_event_workflows"],
    ["write work_workflows running"],
    ["write work_attempts offered", "write work_tasks assigned", "write work_decisions"],
    ["write work_assignments"],
    ["answer POST /v1/operators/sync with assignments"],
    ["write chain_batches", "write chain_tasks"],
    ["write work_attempts running", "write work_tasks running"],
    ["write work_operators"],
    ["answer POST /v1/operators"],
    ["write work_attempts validating", "write work_tasks validating"],
    ["answer POST /v1/results"],
    ["write work_attempts ended", "write work_durations"],
    ["write work_tasks done", "write work_tasks ready", "write work_tasks waiting"],
    ["answer POST /v1/operators/sync with verdicts"],
    ["answer POST /v1/acceptances"],
    ["write transactions sent"],
    ["send finish"],
    ["write transactions mined"],
    ["write work_workflows completed"],
  ],
  operators: [
    ["send POST /v1/operators/sync"],
    ["write assignments wanted", "write tasks queued"],
    ["write tasks running"],
    ["write transactions signed"],
    ["send claim"],
    ["write transactions included"],
    ["write runs"],
    ["write chain_view"],
    ["write assignments claimed"],
    ["keep artifact"],
    ["send POST /v1/operators"],
    ["write durations"],
    ["write tasks computed"],
    ["send PUT /v1/artifacts/*"],
    ["write signed_results"],
    ["send POST /v1/results"],
    ["write tasks reported"],
    ["write tasks valid"],
    ["send POST /v1/acceptances"],
    ["send commit"],
    ["send settle"],
    ["send submitFinal"],
    ["write assignments"],
  ],
} as const;

export type Who = keyof typeof STEPS;

const around = (step: string) => [`before ${step}`, `after ${step}`];

/**
 * Known, and not killed at: of the start alone (a database is made, an operator deposits), or passed through at once when the claim
 * was there before the result.
 */
export const OTHERS = new Set(
  [
    ...["write __drizzle_migrations", "write chain_identity", "send deposit"],
    ...["write work_attempts computed", "write work_attempts reported"],
  ].flatMap(around),
);

/** Where processes are killed. */
export const CRASH_POINTS: Record<Who, string[]> = {
  coordinator: STEPS.coordinator.flatMap(([step]) => around(step)),
  operators: STEPS.operators.flatMap(([step]) => around(step)),
};

/** Every step that the undisturbed run reaches. */
export const ALL_STEPS: Record<Who, string[]> = {
  coordinator: STEPS.coordinator.flat().flatMap(around),
  operators: STEPS.operators.flat().flatMap(around),
};
