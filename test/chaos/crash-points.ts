/**
 * All steps of a task's life at which a process is killed. A line is what happens at once, such as all that one transaction writes: the process is killed before and after the first of a line, which is
 * before and after the others too. The undisturbed run reaches every step, and none that is not named here (scenarios/undisturbed.ts).
 */
const STEPS = {
  coordinator: [
    ["write request_nonces"],
    ["write artifacts"],
    ["keep artifact"],
    ["answer PUT /v1/artifacts/*"],
    ["answer POST /v1/specs"],
    ["write chain_blocks", "write chain_events", "write chain_accounts", "write chain_undo"],
    ["write chain_workflows", "write chain_event_workflows"],
    ["write chain_programs"],
    ["write work_workflows running"],
    ["write artifact_names"],
    ["write work_attempts offered", "write work_tasks assigned", "write work_decisions"],
    ["write work_assignments"],
    ["answer POST /v1/operators/sync with assignments"],
    ["write chain_batches claimed", "write chain_tasks claimed"],
    ["write work_attempts running", "write work_tasks running"],
    ["write work_operators"],
    ["answer POST /v1/operators"],
    ["write work_attempts validating", "write work_tasks validating", "write work_receipts"],
    ["answer POST /v1/results"],
    ["write work_attempts ended", "write work_durations", "write work_growths"],
    ["write work_tasks done", "write work_tasks waiting"],
    ["answer POST /v1/operators/sync with verdicts"],
    ["write work_attempts"], // its operator has seen the verdict
    ["answer POST /v1/acceptances"],
    ["write transactions sent"],
    ["send finish"],
    ["write transactions mined"],
    ["write chain_batches committed", "write chain_tasks committed"],
    ["write chain_batches credited", "write chain_tasks settled", "write chain_evidence completed"],
    ["write work_workflows completed"],
    ["write artifact_workflows"],
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
export const WHO = Object.keys(STEPS) as Who[];

/** Steps of a task that fails: an undisturbed run has none, unless the machine is too busy for its deadlines. */
const FAILURE_STEPS = {
  coordinator: [["answer POST /v1/failures"]],
  operators: [["write tasks failed"], ["send POST /v1/failures"], ["send release"]],
} as const;

/** Steps of a commitment that is wrong. */
const CHALLENGE_STEPS = {
  coordinator: [["send challenge"]],
  operators: [],
} as const;

/**
 * Steps that are come to now and then: of a task that is cancelled before it was claimed, within one block, by a challenge or a copy; of a
 * nonce's gap that a reorganisation leaves.
 */
const LUCKY_STEPS = {
  coordinator: [["send fill"]],
  operators: [["write assignments given_up"], ["send fill"]],
} as const;

/** Steps of a result of rule accepted that is not accepted. */
const REFUSAL_STEPS = {
  coordinator: [],
  operators: [["send concede"]],
} as const;

/** Steps of a straggler whose task's copy came first. */
const COPY_STEPS = {
  coordinator: [],
  operators: [["write tasks cancelled"], ["send release"]],
} as const;

/** Steps of a claim that a reorganisation takes back, and that is made again. */
const RENEWAL_STEPS = {
  coordinator: [["answer POST /v1/operators/sync with renewals"]],
  operators: [],
} as const;

/** Steps of a claim that runs out after its result was used: nobody takes it over. */
const EXPIRY_STEPS = {
  coordinator: [["send expire"]],
  operators: [],
} as const;

/** Steps of a finished task that a newcomer is asked for again. */
const CANARY_STEPS = {
  coordinator: [
    ["write work_canaries offered"],
    ["write work_canaries"], // taken, ended
    ["answer POST /v1/canaries"],
  ],
  operators: [["send POST /v1/canaries"]],
} as const;

const around = (step: string) => [`before ${step}`, `after ${step}`];

/**
 * Known, and not killed at: of the start alone (a database is made, an operator deposits), or passed through at once when the claim
 * was there before the result, or an operator before the task.
 */
export const OTHERS = new Set(
  [
    ...["write __drizzle_migrations", "write chain_identity", "write deposits", "send deposit"],
    ...["write work_attempts computed", "write work_attempts reported", "write work_tasks ready"],
  ].flatMap(around),
);

type Steps = Record<Who, readonly (readonly string[])[]>;
/** Before and after the first of each line. */
const pointsOf = (steps: Steps): Record<Who, string[]> => ({
  coordinator: steps.coordinator.flatMap(([step]) => around(step!)),
  operators: steps.operators.flatMap(([step]) => around(step!)),
});

/** Where processes are killed. */
export const CRASH_POINTS = pointsOf(STEPS);

/** Where processes are killed when a task fails. */
export const FAILURE_POINTS = pointsOf(FAILURE_STEPS);

/** Where processes are killed when a commitment is challenged. */
export const CHALLENGE_POINTS = pointsOf(CHALLENGE_STEPS);

/** Where processes are killed if they come there. */
export const LUCKY_POINTS = pointsOf(LUCKY_STEPS);

/** Where processes are killed when a result is not accepted. */
export const REFUSAL_POINTS = pointsOf(REFUSAL_STEPS);

/** Where processes are killed when a straggler's task is copied. */
export const COPY_POINTS = pointsOf(COPY_STEPS);

/** Where processes are killed when a claim is made again that was taken back. */
export const RENEWAL_POINTS = pointsOf(RENEWAL_STEPS);

/** Where processes are killed when a claim runs out that nobody takes over. */
export const EXPIRY_POINTS = pointsOf(EXPIRY_STEPS);

/** Where processes are killed when a newcomer is asked a canary. */
export const CANARY_POINTS = pointsOf(CANARY_STEPS);

/** Every step that the undisturbed run reaches. */
export const ALL_STEPS: Record<Who, string[]> = {
  coordinator: STEPS.coordinator.flat().flatMap(around),
  operators: STEPS.operators.flat().flatMap(around),
};
