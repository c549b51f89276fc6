/** Who calls it: the runners. */
import { FrobenError } from "../../protocol/errors";

/** @returns what went wrong as a typed error; what is not one is the operator's own fault */
export const asError = (error: unknown): FrobenError =>
  error instanceof FrobenError
    ? error
    : new FrobenError("operator_fault", String(error), { cause: error });
