/** Every size, count and time that the protocol bounds. Amounts are in market units, times in seconds, sizes in bytes. */
export const LIMITS = {
  /** Steps of one spec; the contract checks the same number. */
  maxSteps: 64,
  /** Tasks of all steps of one spec together. */
  maxTasks: 100_000,
  /** Number of a workflow; the contract counts them in 48 bits. */
  maxWorkflow: 2 ** 48 - 1,
  /** Tasks of one word of the claimed bitmap. */
  tasksPerWord: 192,
  /** Tasks of one assignment, and commitments of one batch. */
  maxBatch: 128,
  /** Commitments that are hashed together, so that a dispute opens only one chunk. */
  chunkSize: 16,
  /** Inputs (or outputs) of one step. */
  maxPorts: 32,
  /** Outputs of a workflow. */
  maxOutputs: 1_024,
  /** Items of one collection. */
  maxItems: 65_536,
  /** Children of one node of an aggregation tree. */
  maxArity: 16,
  /** Canonical JSON of a spec. */
  maxSpecBytes: 4 * 1024 * 1024,
  /** One artifact. */
  maxArtifactBytes: 512 * 1024 * 1024,
  /** One JSON body of the HTTP API. */
  maxBodyBytes: 1024 * 1024,
  /** Decisions of one answer of the HTTP API: each names all operators. */
  maxPage: 100,
  /** Characters of a step, port or workflow name. */
  maxNameLength: 64,
  /** Price and bond of one task (they are packed in 56 bits; JSON keeps 53). */
  maxAmount: Number.MAX_SAFE_INTEGER,
  maxClaimTime: 7 * 24 * 3600,
  maxWindow: 7 * 24 * 3600,
  /** Window of a step with a jury: time to vote, and to open votes; the contract checks the same number. */
  minJuryWindow: 10 * 60,
  /** What operators take to need to reveal a result on-chain, if they say nothing else: a few blocks of twelve seconds, and the time to notice. */
  revealSeconds: 60,
  /** From the last maturity to the coordinator's fee: time for anyone to end claims that ran out, whose price it would count. */
  feeDelay: 24 * 3600,
  maxAttempts: 100,
  maxVerifierGas: 10_000_000,
  /** A result that can be demanded on-chain. */
  maxRevealBytes: 98_304,
  /** Jurors of one case. */
  jurySize: 5,
  /** A challenger's share of a struck bond, basis points. */
  challengerBps: 4_000,
  /** Canaries that an operator is asked at one program, and in all; those count that it does not take or gives back. */
  canariesPerProgram: 2,
  canariesPerOperator: 6,
  /** Canaries that are under way at the same time in a market, and that are given out in a minute. */
  canariesOpen: 64,
  canariesPerMinute: 60,
  /** A canary is expected to run for no longer than this, and must not run for longer than that. */
  canaryExpectedSeconds: 180,
  canaryRunSeconds: 600,
  /** Time beside the run of a canary, for its inputs and its answer; and time to say that it was taken. */
  canaryGraceSeconds: 60,
  /** Age of a signed HTTP request, milliseconds. */
  maxRequestAgeMs: 60_000,
} as const;
