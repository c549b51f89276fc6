import type { TestFile } from "./messages";
import type { Mutant } from "./mutants";

/** @returns the words of a name or a path, in lower case: `openWorkflow` and `open-workflow.test.ts` share two */
function wordsOf(text: string): Set<string> {
  const words = text.replace(/\.\w+/g, " ").match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];
  return new Set(words.map((word) => word.toLowerCase()));
}

const shared = (a: Set<string>, b: Set<string>) => [...a].filter((word) => b.has(word)).length;

/** Remembers what killed what, and puts the test files that are likely to kill a mutant first. */
export class Ranking {
  private readonly kills = new Map<string, number>();

  /** @param compileMs what compiling each contract takes */
  constructor(
    private readonly tests: TestFile[],
    private readonly compileMs: Record<string, number>,
  ) {}

  /** Notes a kill. */
  learn(mutant: Mutant, test: string): void {
    for (const place of [mutant.file, `${mutant.file} ${mutant.function}`]) {
      const key = `${place} ${test}`;
      this.kills.set(key, (this.kills.get(key) ?? 0) + 1);
    }
  }

  /** @returns the test files: first those that need the least compiling, among them the likeliest to kill, then the quickest */
  order(mutant: Mutant, affected: string[]): TestFile[] {
    const named = wordsOf(mutant.function);
    const about = wordsOf(`${mutant.file} ${mutant.definition}`);
    const scored = this.tests.map((test) => {
      const words = wordsOf(test.path);
      const killed = (place: string) => this.kills.get(`${place} ${test.path}`) ?? 0;
      const cost = affected
        .filter((name) => test.reads.includes(name))
        .reduce((sum, name) => sum + this.compileMs[name]!, 0);
      const likely =
        4 * killed(`${mutant.file} ${mutant.function}`) +
        killed(mutant.file) +
        2 * shared(named, words) +
        shared(about, words);
      return { test, cost, likely };
    });
    return scored
      .sort((a, b) => a.cost - b.cost || b.likely - a.likely || a.test.ms - b.test.ms)
      .map(({ test }) => test);
  }
}
