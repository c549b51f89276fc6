import { inputsDigest, type InputRef, type Leaf } from "../../../../protocol/assignment";
import { join } from "node:path";
import type { Address } from "viem";
import {
  canonicalJson,
  digestOf,
  sha256,
  toBytes32,
  ZERO_BYTES32,
  type Digest,
} from "../../../../protocol/digest";
import type { Origin } from "../../../../protocol/http";
import type { Spec, SpecInput } from "../../../../protocol/spec";
import { parseSpec } from "../../../../protocol/validate-spec";
import type { Held, Opened, TestMarket } from "./test-market";

export const VALIDATION_MANIFEST = join(__dirname, "first-byte.program.json");

/** Task indices of the sample workflow's steps, with four items. */
export const TASKS = {
  prove: [0, 1, 2, 3],
  check: [4, 5, 6, 7],
  join: [8, 9, 10],
  final: 11,
} as const;

export const BOND = 10_000_000n;
export const REWARD = 500n;
export const CLAIM_SECONDS = 600;
export const WINDOW_SECONDS = 600;
export const CHECK_PROGRAM = sha256("check program");
export const JUROR_FEE = 1_000n;

const item = (i: number) => Buffer.from(`item ${i}`);
export const statement = (i: number) => Buffer.from(`statement ${i}`);
export const finalStatement = Buffer.from("the whole statement");

const common = {
  resources: { cores: 1, memoryMb: 64 },
  reward: Number(REWARD),
  bond: Number(BOND),
  claimSeconds: CLAIM_SECONDS,
  windowSeconds: WINDOW_SECONDS,
  maxRevealBytes: 1024,
  limits: { startSeconds: 60, runSeconds: 60, silenceSeconds: 10 },
  retry: { attempts: 3, backoffSeconds: 0 },
};

/** Steps whose results juries may judge. */
const judged = { jury: { check: CHECK_PROGRAM, fee: Number(JUROR_FEE) } };

/** A workflow with every kind of fan-out and both rules: prove (map), check (map), join (tree), final (single). */
export function sampleSpec(verifier: Address, validation: Digest): Spec {
  const byVerifier = { kind: "verifier", address: verifier, gas: 50_000 } as const;
  const accepted = { kind: "accepted", validation } as const;
  const input: SpecInput = {
    version: 1,
    name: "sample",
    inputs: {
      items: { kind: "collection", items: TASKS.prove.map((i) => sha256(item(i))) },
      statements: { kind: "collection", items: TASKS.prove.map((i) => sha256(statement(i))) },
      statement: { kind: "file", digest: sha256(finalStatement) },
    },
    steps: [
      {
        ...common,
        ...judged,
        id: "prove",
        program: sha256("program prove"),
        fanOut: { kind: "map", over: ["item", "statement"] },
        inputs: { item: { input: "items" }, statement: { input: "statements" } },
        outputs: { proof: "file" },
        statement: "statement",
        maxTasks: 4,
        rule: byVerifier,
      },
      {
        ...common,
        ...judged,
        id: "check",
        program: sha256("program check"),
        params: { depth: "3" },
        fanOut: { kind: "map", over: ["proof"] },
        inputs: { proof: { step: "prove", output: "proof" } },
        outputs: { log: "file", parts: "collection" },
        maxTasks: 4,
        rule: accepted,
      },
      {
        ...common,
        ...judged,
        id: "join",
        program: sha256("program join"),
        fanOut: {
          kind: "tree",
          source: { step: "prove", output: "proof" },
          slots: ["left", "right"],
          item: "proof",
          until: 1,
        },
        inputs: {},
        outputs: { proof: "file" },
        maxTasks: 3,
        rule: accepted,
      },
      {
        ...common,
        id: "final",
        program: sha256("program final"),
        fanOut: { kind: "single" },
        inputs: {
          last: { step: "join", output: "proof", index: 0 },
          statement: { input: "statement" },
        },
        outputs: { proof: "file" },
        statement: "statement",
        maxTasks: 1,
        rule: byVerifier,
        final: true,
      },
    ],
    outputs: { proof: { step: "final", output: "proof" } },
  };
  return parseSpec(input);
}

/** Leaves of the first step's tasks as a requester fixes them for anybody to claim. */
export function openLeaves(spec: Spec): Leaf[] {
  const { program, params } = spec.steps[0]!;
  return TASKS.prove.map((task) => ({
    task,
    attempt: 0,
    inputsDigest: inputsDigest(program, params, {
      item: { digest: sha256(item(task)) },
      statement: { digest: sha256(statement(task)) },
    }),
    statementDigest: toBytes32(sha256(statement(task))),
    decisionDigest: ZERO_BYTES32,
  }));
}

/** What a run leaves with its coordinator. */
export interface Served {
  artifacts: Map<Digest, Uint8Array>;
  tasks: {
    task: number;
    state: string;
    attempt: number;
    result: Digest | null;
    reused: Origin | null;
  }[];
  decisions: { digest: Digest; tasks: { task: number; attempt: number }[]; record: unknown }[];
}

/** Runs the sample workflow from claim to settlement, through two operators, and keeps what its coordinator would serve. */
export class SampleRun {
  readonly served: Served = { artifacts: new Map(), tasks: [], decisions: [] };
  readonly #results = new Map<number, Uint8Array>();

  constructor(
    readonly market: TestMarket,
    readonly opened: Opened,
  ) {
    for (const i of TASKS.prove) {
      this.#keep(item(i));
      this.#keep(statement(i));
    }
    this.#keep(finalStatement);
    this.#keep(Buffer.from(canonicalJson(opened.spec)));
  }

  #keep(bytes: Uint8Array): Digest {
    const digest = sha256(bytes);
    this.served.artifacts.set(digest, bytes);
    return digest;
  }

  /** The bytes that a task's program makes; their first byte says that they are valid. */
  resultOf(task: number): Uint8Array {
    const proof = Uint8Array.of(1, task);
    if (!(TASKS.check as readonly number[]).includes(task)) return proof;
    const parts = [Uint8Array.of(2, task), Uint8Array.of(3, task)].map((part) => this.#keep(part));
    const list = this.#keep(Buffer.from(canonicalJson({ type: "collection", items: parts })));
    const outputs = { log: this.#keep(Buffer.from(`log ${task}`)), parts: list };
    return Buffer.from(canonicalJson({ type: "result", outputs }));
  }

  inputsOf = (task: number): Record<string, Digest | InputRef> => {
    const made = (of: number): InputRef => {
      const digest = sha256(this.#results.get(of) ?? this.resultOf(of));
      const { attempt, reused } = this.served.tasks.find(({ task }) => task === of) ?? {};
      if (!reused) return { digest, source: { task: of, attempt: attempt ?? 1 } };
      const own = reused.workflow === this.opened.id;
      return own ? { digest, source: { task: reused.task, attempt: reused.attempt } } : { digest };
    };
    if (task < 4) return { item: sha256(item(task)), statement: sha256(statement(task)) };
    if (task < 8) return { proof: made(task - 4) };
    if (task === 8) return { left: made(0), right: made(1) };
    if (task === 9) return { left: made(2), right: made(3) };
    if (task === 10) return { left: made(8), right: made(9) };
    return { last: made(10), statement: sha256(finalStatement) };
  };

  /** Records a decision for a task, as the matchmaker would. */
  decide = (attempt: number) => (task: number) => {
    const record = { version: 1, task, attempt, choice: "the cheapest" };
    const digest = digestOf(record);
    this.served.decisions.push({ digest, tasks: [{ task, attempt }], record });
    return digest;
  };

  claim(
    operator: Address,
    tasks: readonly number[],
    more: { attempt?: number; slot?: number; takeOvers?: Held[] } = {},
  ) {
    return this.market.claim(this.opened, operator, {
      tasks: [...tasks],
      inputs: this.inputsOf,
      decision: this.decide(more.attempt ?? 1),
      ...more,
    });
  }

  /** Notes a result as the coordinator's view would show it. */
  deliver(task: number, attempt: number, result: Uint8Array): Uint8Array {
    return this.#show(task, { attempt, reused: null }, result);
  }

  /** Has tasks take the results that another run of the same spec has, or this one. @param of instead of the task at the same place */
  take(from: SampleRun, tasks: readonly number[], of?: number): void {
    for (const task of tasks) {
      const reused = { workflow: from.opened.id, task: of ?? task, attempt: 1 };
      this.#show(task, { attempt: 0, reused }, this.resultOf(of ?? task));
    }
  }

  #show(
    task: number,
    how: { attempt: number; reused: Origin | null },
    result: Uint8Array,
  ): Uint8Array {
    this.#results.set(task, result);
    const view = { task, state: "done", ...how, result: this.#keep(result) };
    this.served.tasks = [...this.served.tasks.filter((one) => one.task !== task), view];
    return result;
  }

  /** Claims and commits tasks of one step with valid results. */
  async work(operator: Address, tasks: readonly number[], attempt = 1): Promise<Held> {
    const held = await this.claim(operator, tasks, { attempt });
    return this.market.commit(
      held,
      tasks.map((task) => this.deliver(task, attempt, this.resultOf(task))),
    );
  }

  /** Claims the final task and submits its proof. */
  async finish(operator: Address): Promise<void> {
    const held = await this.claim(operator, [TASKS.final]);
    const proof = this.deliver(TASKS.final, 1, this.resultOf(TASKS.final));
    await this.market.submitFinal(held, finalStatement, proof);
  }

  /** Everything, without a hitch. */
  async happy(first: Address, second: Address): Promise<void> {
    const batches = [
      await this.work(first, TASKS.prove.slice(0, 2)),
      await this.work(second, TASKS.prove.slice(2)),
      await this.work(first, TASKS.check),
      await this.work(second, TASKS.join.slice(0, 2)),
      await this.work(first, TASKS.join.slice(2)),
    ];
    await this.finish(second);
    await this.market.pass(WINDOW_SECONDS + 1);
    for (const batch of batches) await this.market.settle(batch);
  }
}
