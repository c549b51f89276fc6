import { FrobenError } from "./errors";

/**
 * A mistake in a spec.
 * @param field where, e.g. `steps[2].maxTasks`
 * @param extra limit, value and hint
 */
export const invalid = (code: string, field: string, message: string, extra: object = {}) =>
  new FrobenError(code, `${field}: ${message}`, { field, status: 422, ...extra });
