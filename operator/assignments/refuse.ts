/** Who calls it: the checks of assignments. */
import { FrobenError, type ErrorDetails } from "../../protocol/errors";

/** @throws FrobenError `assignment_` and the code */
export function refuse(
  code: string,
  message: string,
  field: string,
  details: ErrorDetails = {},
): never {
  throw new FrobenError(`assignment_${code}`, message, { field, ...details });
}
