/** Who calls it: the task runner, for assignments of built-in programs. All queued tasks of a claim are computed at once. */
import { canonicalJson, type Digest } from "../../protocol/digest";
import type { FrobenError } from "../../protocol/errors";
import { isPlainResult, type Collection, type ResultManifest } from "../../protocol/program";
import type { ArtifactCache } from "../artifacts/cache";
import { digestsOf } from "../assignments/step-terms";
import type { Clock } from "../clock";
import type { Holdings } from "../holdings/holdings";
import type { HeldTask, Holding } from "../holdings/phase";
import type { BuiltinProgram } from "../run/builtin";
import type { Journal } from "../journal/journal";
import type { Log } from "../log";
import { asError } from "./as-error";
import type { CheckResult } from "./check-result";

export interface BuiltinRunnerDeps {
  builtin: ReadonlyMap<string, BuiltinProgram>;
  cache: ArtifactCache;
  checkResult: CheckResult;
  clock: Clock;
  holdings: Holdings;
  journal: Pick<Journal, "addDuration">;
  log: Log;
  /** A task is computed or dead. */
  onEnd(holding: Holding, task: HeldTask, error?: FrobenError): void;
}

/** Said to have taken a task that took no time that can be measured, milliseconds: zero would mean that nobody knows. */
const WALL_MS = 0.01;
const USAGE = { wallMs: WALL_MS, cpuMs: WALL_MS, maxRssMb: 0 };

/** @returns runs what is queued of a holding, and says whether its program is a built-in one */
export function createBuiltinRunner(deps: BuiltinRunnerDeps): (holding: Holding) => boolean {
  const { builtin, cache, clock, holdings, log } = deps;
  const busy = new Set<Holding>();
  /** Results that are in the cache, by program and form. */
  const results = new Map<string, Digest>();

  async function store(
    program: BuiltinProgram,
    kinds: Record<string, "file" | "collection">,
  ): Promise<Digest> {
    const file = await cache.putBytes(program.output);
    if (isPlainResult(kinds)) return file;
    const collection: Collection = { type: "collection", items: [file] };
    const list = await cache.putBytes(Buffer.from(canonicalJson(collection)));
    const outputs = Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [name, kind === "file" ? file : list]),
    );
    const manifest: ResultManifest = { type: "result", outputs };
    return cache.putBytes(Buffer.from(canonicalJson(manifest)));
  }

  async function resultOf(program: BuiltinProgram, { signed }: Holding): Promise<Digest> {
    const key = `${program.digest} ${canonicalJson(signed.outputs)}`;
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = await store(program, signed.outputs);
    results.set(key, result);
    return result;
  }

  async function run(program: BuiltinProgram, holding: Holding): Promise<void> {
    const { signed } = holding;
    const queued = holding.tasks.filter((task) => task.phase === "queued");
    const result = await resultOf(program, holding);
    const lines = new Map(signed.tasks.map((line) => [line.task, line]));
    for (const { task } of queued)
      await deps.checkResult(signed, digestsOf(lines.get(task)!), result);
    const committableSince = clock.now();
    const changes = { result, usage: USAGE, progress: 1, committableSince };
    const moved = holdings.together(() => {
      deps.journal.addDuration(program.digest, WALL_MS);
      return queued.filter((task) => holdings.move(task, "computed", changes));
    });
    const { workflow, stepId } = signed;
    log.info({ workflow, step: stepId, tasks: moved.length, result }, "computed by a built-in");
    for (const task of moved) deps.onEnd(holding, task);
  }

  return (holding) => {
    const program = builtin.get(holding.signed.program);
    if (!program) return false;
    if (busy.has(holding) || holding.tasks.every((task) => task.phase !== "queued")) return true;
    busy.add(holding);
    run(program, holding)
      .catch((cause: unknown) => {
        const error = asError(cause);
        log.warn({ workflow: holding.signed.workflow, err: error }, "a built-in program failed");
        const reason = `${error.code}: ${error.message}`;
        for (const task of holding.tasks)
          if (task.phase === "queued" && holdings.move(task, "failed", { reason }))
            deps.onEnd(holding, task, error);
      })
      .finally(() => busy.delete(holding));
    return true;
  };
}
