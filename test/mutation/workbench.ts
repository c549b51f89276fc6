import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { compile, sameCode, type Change, type Code, type Compiled } from "./compile";
import type { Baseline } from "./messages";
import type { Plan, Target } from "./plan";

/** A mutant's contracts while it is tried: compiled when they are needed, and put where the tests find them. */
export class Workbench {
  private readonly compiled = new Set<string>();
  /** Artifacts as they were, by path. */
  private readonly originals = new Map<string, string>();
  /** Contracts whose code the mutation changed. */
  readonly changed = new Set<string>();
  compileMs = 0;

  constructor(
    private readonly hre: HardhatRuntimeEnvironment,
    private readonly plan: Plan,
    private readonly baseline: Baseline,
    private readonly change: Change,
  ) {}

  /**
   * Compiles contracts that were not compiled yet.
   * @throws NotCompiled
   */
  async prepare(names: string[]): Promise<void> {
    for (const name of names.filter((one) => !this.compiled.has(one))) {
      this.compiled.add(name);
      const { code, explanation } = this.compile(name);
      if (sameCode(code, this.baseline[name]!)) continue;
      this.changed.add(name);
      this.install(name, code);
      const [version] = this.plan.solc.split("+");
      await this.hre.network.provider.request({
        method: "hardhat_addCompilationResult",
        params: [version, explanation.input, explanation.output],
      });
    }
  }

  /** Puts the artifacts back as they were: Hardhat can't tell why code reverts that it does not know, be it only without its metadata. */
  restore(): void {
    for (const [path, text] of this.originals) writeFileSync(path, text);
  }

  private compile(name: string): Compiled {
    const started = performance.now();
    try {
      return compile(this.plan, this.targetOf(name), this.change);
    } finally {
      this.compileMs += performance.now() - started;
    }
  }

  /** Writes a contract's code into its artifact. */
  private install(name: string, code: Code): void {
    const path = join(this.hre.config.paths.root, this.targetOf(name).artifact);
    const text = readFileSync(path, "utf8");
    this.originals.set(path, text);
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(text) as object), ...code }));
  }

  private targetOf(name: string): Target {
    return this.plan.targets.find((target) => target.name === name)!;
  }
}
