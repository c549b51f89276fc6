import { eq } from "drizzle-orm";
import type { Address, Hex } from "viem";
import type { Digest } from "../../protocol/digest";
import { marketDomain } from "../../protocol/eip712";
import { FrobenError } from "../../protocol/errors";
import type { Register, SignedAssignment } from "../../protocol/http";
import { lockableStake } from "../../protocol/stake";
import { LogSync } from "../db/log-sync";
import { workAssignments } from "../db/schema/work";
import { Canaries } from "../matchmaker/canaries";
import { Experience, type Learned } from "../matchmaker/experience";
import { devicesOf, Fleet } from "../matchmaker/fleet";
import { Matcher } from "../matchmaker/matcher";
import { Leases } from "../runtime/leases";
import { ReadyQueue } from "../runtime/ready-queue";
import { Reservations } from "../runtime/reservation";
import { Timers } from "../runtime/timers";
import type { CoordinatorDeps } from "./facade";
import { Journal } from "./journal";
import { Memory } from "./memory";
import type { AttemptRun, CanaryRun, OperatorRun, Run, TaskQuestion, TaskRun } from "./model";
import { Reputations } from "./reputations";
import { refuseSharedGpus } from "./shared-gpus";

/** By how much this machine's clock may run ahead of the chain's before it is no longer believed, seconds. */
const CHAIN_LAG_SECONDS = 15;

/** Assignments that are kept in memory after they were read from the database. */
const MAX_BODIES = 64;

/** Everything that the coordinator's parts share: what is in memory, what it came from, and what still has to be written. */
export class World {
  readonly runs = new Map<number, Run>();
  readonly operators = new Map<string, OperatorRun>();
  readonly fleet = new Fleet();
  readonly queue: ReadyQueue<TaskRun>;
  readonly reservations = new Reservations();
  readonly experience = new Experience();
  readonly matcher: Matcher<TaskRun>;
  /** Which newcomer is asked what. */
  readonly canaries: Canaries<TaskQuestion>;
  /** Canaries that have not ended, by id. */
  readonly openCanaries = new Map<string, CanaryRun>();
  /** Resolves when those are judged that wait for it. */
  judgingCanaries: Promise<void> = Promise.resolve();
  readonly leases = new Leases<AttemptRun>();
  /** When tasks that wait for a back-off or for a claim to lapse are looked at again. */
  readonly parked = new Timers<TaskRun>();
  /** When more is offered for tasks that nobody has taken by then. */
  readonly rises = new Timers<TaskRun>();
  /** When attempts must have been claimed, then delivered. */
  readonly deadlines = new Timers<AttemptRun>();
  /** When running attempts of steps that allow it are looked at for a copy. */
  readonly stragglers = new Timers<AttemptRun>();
  /** When other things are due; the key says what. */
  readonly chores = new Timers<string>();
  /** Wrong results that must be struck once they are committed, by `workflow/task`. */
  readonly challenges = new Map<string, AttemptRun>();
  readonly reputations: Reputations;
  readonly memory: Memory;
  readonly journal: Journal;
  /** Ready tasks whose result is known from another one, until it was looked for among the artifacts. */
  readonly reusing = new Set<TaskRun>();
  /** Tasks that took the result of another one, by its `workflow/task`. */
  readonly reused = new Map<string, Set<TaskRun>>();
  readonly domain;
  /** What was committed comes onto the disk by this. */
  readonly disk: LogSync;
  /** Assignments that are being signed. */
  signing = 0;
  /** Aborts what runs in the background. */
  readonly stopping = new AbortController();

  private readonly background = {
    here: new Set<Promise<void>>(),
    chain: new Set<Promise<void>>(),
  };
  /** Who waits for the next commit. */
  private readonly commits: { resolve(): void; reject(error: Error): void }[] = [];
  /** Assignments that were read lately, by root. */
  private readonly bodies = new Map<Hex, SignedAssignment>();
  private readonly changed = new Set<Run>();
  private readonly awaken = new Set<OperatorRun>();

  /** @param kick asks for the pump to run soon */
  constructor(
    readonly deps: CoordinatorDeps,
    readonly kick: () => void,
  ) {
    const { weights } = deps.settings;
    this.queue = new ReadyQueue(
      (requester) => weights[requester] ?? 1,
      () => this.experience.version,
    );
    this.reputations = new Reputations(deps.chain);
    this.disk = new LogSync(deps.db.$client);
    this.memory = new Memory(deps.db);
    this.journal = new Journal(deps.db, this.memory, deps.retention, deps.along);
    this.domain = marketDomain(deps.calls.chainId, deps.calls.market);
    this.matcher = new Matcher(
      this.queue,
      this.fleet,
      this.reservations,
      this.experience,
      deps.settings.seed,
    );
    this.canaries = new Canaries(
      this.fleet,
      this.reservations,
      this.experience,
      deps.settings.seed,
      deps.settings.canaryIdleMs,
    );
  }

  now(): number {
    return this.deps.clock.now();
  }

  /** Chain time to sign deadlines with, Unix seconds. A chain that makes no blocks while nothing happens stands still. */
  chainNow(): number {
    return Math.max(this.deps.chain.head().timestamp, Math.floor(this.now() / 1000));
  }

  /** Whether nothing can be included any more that must be before `time` (Unix seconds). */
  passed(time: number): boolean {
    return this.deps.chain.head().timestamp > time || this.now() / 1000 > time + CHAIN_LAG_SECONDS;
  }

  /** @throws FrobenError 404 `workflow_unknown` */
  run(id: number): Run {
    const run = this.runs.get(id);
    if (!run)
      throw new FrobenError("workflow_unknown", `there is no workflow ${id} here`, {
        status: 404,
        field: "workflow",
        value: id,
      });
    return run;
  }

  /** @throws FrobenError 409 `operator_unknown` */
  operator(address: Address): OperatorRun {
    const operator = this.operators.get(address.toLowerCase());
    if (!operator)
      throw new FrobenError("operator_unknown", "this operator is not registered", {
        status: 409,
        value: address,
        hint: "POST /v1/operators first",
      });
    return operator;
  }

  /**
   * Adds an operator, or changes what it says about itself.
   * @throws FrobenError 409 `machine_conflict`, 409 `gpu_conflict`; nothing changes then
   */
  enlist(address: Address, registration: Register): OperatorRun {
    const { machine, offer } = registration;
    const key = address.toLowerCase() as Address;
    const devices = devicesOf(registration);
    refuseSharedGpus(this.operators, key, registration);
    this.reservations.declare(machine.id, machine);
    this.reservations.offer(key, machine.id, offer, devices);
    const fleet = this.fleet.register(key, registration);
    this.experience.declare(key, registration.speed);
    let operator = this.operators.get(key);
    if (!operator) {
      operator = {
        address: key,
        fleet,
        lastSeen: 0,
        polls: 0,
        done: 0,
        failed: 0,
        struck: 0,
        assignments: new Map(),
        verdicts: new Map(),
        canary: undefined,
        canaries: { right: 0, wrong: 0, failed: 0 },
        wake: new Set(),
      };
      this.operators.set(key, operator);
    }
    this.canaries.joined(fleet);
    this.refresh(operator);
    this.journal.operator(operator);
    return operator;
  }

  /**
   * Forgets an assignment without a live attempt, once none of it can be claimed any more: until then its operator's stake stays
   * promised.
   */
  dropPromise(operator: string, root: Hex): void {
    const assignments = this.operators.get(operator)?.assignments;
    const assignment = assignments?.get(root);
    if (!assignment || assignment.live) return;
    const { body, unclaimed } = assignment;
    if (unclaimed > 0 && !this.passed(body.claimBy)) {
      const lookAt = Math.max(this.now() + 1000, body.claimBy * 1000);
      this.chores.set(`promise/${operator}/${root}`, lookAt);
      return;
    }
    assignment.operator.fleet.promise(-BigInt(body.terms.bond) * BigInt(unclaimed));
    assignments!.delete(root);
  }

  /** What an assignment, also one that has ended, says of its tasks. */
  assignmentBody(root: Hex): SignedAssignment | undefined {
    const { db } = this.deps;
    const known = this.bodies.get(root);
    if (known) return known;
    this.commit();
    const row = db.select().from(workAssignments).where(eq(workAssignments.root, root)).get();
    if (!row) return undefined;
    // Tasks of one assignment are asked for one after another.
    this.bodies.set(root, row.body);
    if (this.bodies.size > MAX_BODIES) this.bodies.delete(this.bodies.keys().next().value!);
    return row.body;
  }

  /** Takes in what the chain says of an operator: its free stake and, if it has done nothing here yet, its reputation. */
  refresh({ address, fleet }: OperatorRun): void {
    const { chain } = this.deps;
    fleet.set({ freeStake: lockableStake(chain.account(address), chain.minStake) });
    if (this.experience.attempts(address) > 0) return;
    const standings = this.reputations.standings(address);
    const { good, bad } = standings.overall;
    if (good + bad > 0) this.experience.tell(address, standings);
  }

  /** Something about a workflow changed that its watchers can see. */
  touch(run: Run): void {
    if (!this.changed.has(run)) run.version++;
    this.changed.add(run);
    this.journal.run(run);
  }

  /** Something was learned of an operator at a program. */
  learned(program: Digest, operator: Address, learned: Learned): void {
    this.journal.learn(program, operator, learned, this.experience.growthOf(program));
  }

  /** There is something new for an operator. */
  notify(operator: OperatorRun): void {
    this.awaken.add(operator);
  }

  /**
   * Resolves once everything that has changed by now is committed: by the next round, together with what others have changed. So requests
   * that come at the same time, and what follows from them at once, cost one write to the disk.
   * @throws what `commit` throws
   */
  async committed(): Promise<void> {
    if (this.stopping.signal.aborted) this.commit(); // there are no more rounds
    if (this.journal.clean) return;
    this.kick();
    await new Promise<void>((resolve, reject) => this.commits.push({ resolve, reject }));
  }

  /** The same, and then on the disk: what was said from here may leave. @throws what the disk says */
  async written(): Promise<void> {
    await this.committed();
    await this.disk.synced();
  }

  /** Writes what changed onto the disk, at once. */
  flush(): void {
    this.commit();
    this.disk.syncNow();
  }

  /** Writes what changed, then tells those who wait for it. It is on the disk a moment later. */
  commit(): void {
    try {
      if (!this.journal.clean) {
        this.disk.commit(() => this.journal.flush());
        this.later("writing to the disk", {}, () => this.disk.synced());
      }
    } catch (error) {
      for (const { reject } of this.commits.splice(0)) reject(error as Error);
      throw error;
    }
    for (const { resolve } of this.commits.splice(0)) resolve();
    const runs = [...this.changed];
    const operators = [...this.awaken];
    this.changed.clear();
    this.awaken.clear();
    for (const run of runs) for (const wake of [...run.waiters]) wake();
    for (const operator of operators) for (const wake of [...operator.wake]) wake();
  }

  /**
   * Runs something that takes time; a failure is logged.
   * @param where "chain": it waits for a block, which may never come; a stop does not wait for it
   */
  later(
    what: string,
    fields: object,
    work: () => Promise<void>,
    where: "here" | "chain" = "here",
  ): void {
    const running = this.background[where];
    const promise = work()
      .catch((error: unknown) => {
        if (!this.stopping.signal.aborted)
          this.deps.log.error({ ...fields, err: error }, `${what} failed`);
      })
      .finally(() => {
        running.delete(promise);
        if (!this.stopping.signal.aborted) this.kick();
      });
    running.add(promise);
  }

  /** Resolves when nothing runs in the background on this machine. */
  async quiet(): Promise<void> {
    while (this.background.here.size > 0) await Promise.all(this.background.here);
  }

  /** Resolves when nothing runs in the background at all. */
  async idle(): Promise<void> {
    const { here, chain } = this.background;
    while (here.size + chain.size > 0) await Promise.all([...here, ...chain]);
  }
}
