import { sha256, type Digest } from "../../protocol/digest";
import { LIMITS } from "../../protocol/limits";
import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { NEWCOMER_BELOW } from "./choose";
import type { Experience } from "./experience";
import { unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { unknownMs } from "./prospect";

/** A task that is done, whose result was found valid. */
export interface Question {
  /** Of all tasks. */
  readonly key: string;
  readonly terms: LaneTerms;
  /** Address of the operator whose result it is. */
  readonly maker: string;
}

/** Who is asked what. */
export interface Canary<Q extends Question> {
  operator: FleetOperator;
  question: Q;
}

/** What an operator was asked. */
interface Asked {
  /** Whether one is under way. */
  open: boolean;
  keys: Set<string>;
  byProgram: Map<Digest, number>;
}

/** Finished tasks that are kept for each program: the newest. */
const KEPT = 16;
const MINUTE_MS = 60_000;
/** Newcomers that are looked at each time, in turn: however many there are, a look takes no longer. */
const LOOKED_AT = 1_000;

/**
 * Decides which newcomer is asked which canary, and when: a newcomer (`NEWCOMER_BELOW`) whose machine has done nothing for a while, one at a
 * time, within the limits of protocol/limits.ts. It books nothing: to the matcher who computes a canary is free.
 */
export class Canaries<Q extends Question> {
  private readonly questions = new Map<Digest, Q[]>();
  private readonly newcomers = new Set<FleetOperator>();
  private readonly idleSince = new Map<FleetOperator, number>();
  private readonly asked = new Map<string, Asked>();
  /** When canaries were given out, of the last minute. */
  private recent: number[] = [];
  private open = 0;

  constructor(
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly seed: string,
    /** For so long a machine does nothing before its operator is asked, milliseconds. */
    private readonly idleMs: number,
  ) {}

  /** Whether there is anybody who may be asked. */
  get isWanted(): boolean {
    return this.newcomers.size > 0;
  }

  /** An operator has registered. */
  joined(operator: FleetOperator): void {
    if (this.isNewcomer(operator)) this.newcomers.add(operator);
  }

  /** A task was done that can be asked for. */
  learn(question: Q): void {
    const { program } = question.terms;
    const known = this.questions.get(program) ?? [];
    const kept = known.filter(({ key }) => key !== question.key).slice(1 - KEPT);
    this.questions.set(program, [...kept, question]);
  }

  /** The result of a task is no longer known to be right, or its inputs are gone. */
  forget({ key, terms: { program } }: Pick<Q, "key" | "terms">): void {
    const kept = (this.questions.get(program) ?? []).filter((one) => one.key !== key);
    if (kept.length > 0) this.questions.set(program, kept);
    else this.questions.delete(program);
  }

  /** Notes a canary of former days. @param at when it was given out, Unix milliseconds @param isOpen whether it is under way */
  restore(operator: string, program: Digest, key: string, at: number, isOpen: boolean): void {
    this.note(operator, program, key, at);
    if (!isOpen) this.over(operator);
  }

  /** An operator's canary has come to an end, whatever that is. */
  over(operator: string): void {
    const asked = this.asked.get(operator);
    if (!asked?.open) return;
    asked.open = false;
    this.open--;
  }

  /**
   * Call it after the matcher's run, about once a second.
   * @param now Unix milliseconds
   * @returns who is to be asked what from now on; call `over` for each
   */
  choose(now: number): Canary<Q>[] {
    const chosen: Canary<Q>[] = [];
    this.recent = this.recent.filter((at) => at > now - MINUTE_MS);
    for (const operator of this.next()) {
      if (!this.isNewcomer(operator) || this.count(operator) >= LIMITS.canariesPerOperator) {
        this.idleSince.delete(operator);
        continue;
      }
      this.newcomers.add(operator);
      if (!this.isIdle(operator, now)) continue;
      if (this.open >= LIMITS.canariesOpen || this.recent.length >= LIMITS.canariesPerMinute)
        continue;
      const question = this.questionFor(operator);
      if (!question) continue;
      this.note(operator.address, question.terms.program, question.key, now);
      chosen.push({ operator, question });
    }
    return chosen;
  }

  /** Takes out who was not looked at for longest. */
  private next(): FleetOperator[] {
    const next: FleetOperator[] = [];
    for (const operator of this.newcomers) {
      if (next.length === LOOKED_AT) break;
      next.push(operator);
    }
    for (const operator of next) this.newcomers.delete(operator);
    return next;
  }

  private isNewcomer({ address, registration }: FleetOperator): boolean {
    return registration.canaries !== false && this.experience.attempts(address) < NEWCOMER_BELOW;
  }

  private count({ address }: FleetOperator): number {
    return this.asked.get(address)?.keys.size ?? 0;
  }

  /** Whether an operator and its machine have done nothing for a while. */
  private isIdle(operator: FleetOperator, now: number): boolean {
    const { online, draining, computing, queued, registration } = operator;
    const { cores, memoryMb, gpus } = this.reservations.booked(registration.machine.id);
    const isBusy = computing.size + queued + cores + memoryMb + gpus > 0;
    const isAsked = this.asked.get(operator.address)?.open;
    if (!online || draining || isBusy || isAsked) {
      this.idleSince.delete(operator);
      return false;
    }
    const since = this.idleSince.get(operator);
    if (since === undefined) this.idleSince.set(operator, now);
    return since !== undefined && now - since >= this.idleMs;
  }

  /** Of the programs that the operator was asked least, a task that it has not seen; which one follows from the seed. */
  private questionFor(operator: FleetOperator): Q | undefined {
    const { address } = operator;
    const asked = this.asked.get(address);
    let best: { question: Q; times: number; rank: string } | undefined;
    for (const program of operator.programs) {
      const questions = this.questions.get(program);
      const times = asked?.byProgram.get(program) ?? 0;
      if (!questions || times >= LIMITS.canariesPerProgram || (best && best.times < times))
        continue;
      for (const question of questions) {
        if (asked?.keys.has(question.key) || !this.suits(operator, question)) continue;
        const rank = sha256(`${this.seed}/${address}/${question.key}`);
        if (!best || times < best.times || rank < best.rank) best = { question, times, rank };
      }
    }
    return best?.question;
  }

  private suits(operator: FleetOperator, { terms, maker }: Q): boolean {
    const { address } = operator;
    if (maker === address || unable(operator, terms) !== undefined) return false;
    if (!this.reservations.couldFit(address, terms.resources)) return false;
    const ms = this.experience.expectedMs(terms.program, address, unknownMs(terms));
    return ms <= LIMITS.canaryExpectedSeconds * 1000;
  }

  private note(operator: string, program: Digest, key: string, at: number): void {
    let asked = this.asked.get(operator);
    if (!asked)
      this.asked.set(operator, (asked = { open: false, keys: new Set(), byProgram: new Map() }));
    if (!asked.open) this.open++;
    asked.open = true;
    asked.keys.add(key);
    asked.byProgram.set(program, (asked.byProgram.get(program) ?? 0) + 1);
    this.recent.push(at);
    const known = this.fleet.get(operator);
    if (known) this.idleSince.delete(known);
  }
}
