import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FrobenError } from "../protocol/errors";
import type { Spec } from "../protocol/spec";
import { parseSpec } from "../protocol/validate-spec";
import { TYPESCRIPT_LOADER } from "../protocol/typescript-loader";
import { readSpec } from "./commands/validate";

/** What a workflow module may export: a workflow, or a function without arguments that gives one. */
type Exported = { spec?: unknown } | (() => unknown) | undefined;

/** The module's own copy of the SDK has another class of this name. */
const isFrobenError = (error: unknown): error is FrobenError =>
  error instanceof Error && error.name === "FrobenError";

/** A CommonJS module's exports are the default of what `import` gives. */
function exportedBy(module: Record<string, unknown>): Exported {
  const inner = module.default as Record<string, unknown> | undefined;
  const found = module.workflow ?? inner?.workflow ?? inner?.default ?? inner;
  return found as Exported;
}

/**
 * Reads a spec from JSON, or from a TypeScript or JavaScript module that exports a workflow (as `workflow`, or by default): what
 * `defineWorkflow` gives, or a function that gives it. The module is run.
 * @throws FrobenError `file_unreadable`, `not_json`, `module_failed`, `module_without_workflow`, and those of `parseSpec`
 */
export async function readWorkflow(path: string, cwd: string): Promise<Spec> {
  if (!/\.[cm]?[jt]s$/.test(path)) return readSpec(path);
  let exported: Exported;
  try {
    await import(TYPESCRIPT_LOADER);
    const module = await import(pathToFileURL(resolve(cwd, path)).href);
    exported = exportedBy(module as Record<string, unknown>);
    if (typeof exported === "function") exported = (await exported()) as Exported;
  } catch (cause) {
    if (isFrobenError(cause)) throw new FrobenError(cause.code, cause.message, cause.toJSON());
    throw new FrobenError("module_failed", `can't load ${path}: ${(cause as Error).message}`, {
      value: path,
      cause,
    });
  }
  if (typeof exported !== "object" || exported?.spec === undefined)
    throw new FrobenError("module_without_workflow", `${path} exports no workflow`, {
      value: path,
      hint: "export what defineWorkflow gives, or a function that gives it, by default or as `workflow`",
    });
  return parseSpec(exported.spec);
}
