import type { CheckSummary, Finding, Severity } from "./report";

/** Findings of one check that are kept with their text; beyond it they are only counted. */
const FINDINGS_KEPT = 200;

/** Counts one kind of check and keeps what it found. */
export class Check {
  checked = 0;
  failed = 0;
  skipped = 0;
  readonly findings: Finding[] = [];
  readonly #notes = new Map<string, number>();

  constructor(readonly name: string) {}

  /**
   * One case of this check.
   * @param holds whether it is as it must be
   * @param code stable code of the finding if it isn't
   * @param message a sentence, or how to make one: it is only called for a finding
   * @returns `holds`
   */
  expect(holds: boolean, code: string, where: string, message: string | (() => string)): boolean {
    this.checked++;
    if (!holds)
      this.find("error", code, where, typeof message === "function" ? message() : message);
    return holds;
  }

  /** Adds a finding that no counted case stands for. */
  find(severity: Severity, code: string, where: string, message: string): void {
    if (severity === "error") this.failed++;
    if (this.findings.length < FINDINGS_KEPT)
      this.findings.push({ severity, code, where, message });
  }

  /** Says that something could not be checked, and why. */
  skip(why: string, count = 1): void {
    this.skipped += count;
    const text = `not checked: ${why}`;
    this.#notes.set(text, (this.#notes.get(text) ?? 0) + count);
  }

  summary(): CheckSummary {
    const notes = [...this.#notes].map(([text, count]) => ({ text, count }));
    if (this.failed > this.findings.length)
      notes.push({ text: "more findings than are listed", count: this.failed });
    const { name, checked, failed, skipped, findings } = this;
    return { name, checked, failed, skipped, notes, findings };
  }
}

/** All checks of one audit, in the order of their first use. */
export class Recorder {
  readonly #checks = new Map<string, Check>();

  /** @param name what holds when the check finds nothing, as a phrase */
  check(name: string): Check {
    let check = this.#checks.get(name);
    if (!check) this.#checks.set(name, (check = new Check(name)));
    return check;
  }

  summaries(): CheckSummary[] {
    return [...this.#checks.values()].map((check) => check.summary());
  }
}
