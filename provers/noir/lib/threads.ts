/** The parameter that says how many threads bb may use. */
import { UsageError } from "../../lib/program-errors";
import type { ParamDeclaration, ProgramIo } from "../../lib/program-io";

const MAX_THREADS = 256;

export const threadsParam: ParamDeclaration = {
  name: "threads",
  summary: `threads that bb may use, 1 to ${MAX_THREADS}`,
  default: "2",
};

/** Value of the parameter. @throws UsageError when it is no number in the range */
export function threadsOf(io: ProgramIo): number {
  const threads = Number(io.param("threads"));
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new UsageError(
      `--param threads: must be 1 to ${MAX_THREADS}, got ${io.param("threads")}`,
    );
  }
  return threads;
}
