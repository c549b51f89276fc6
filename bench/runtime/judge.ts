import type { Validator } from "../../offchain/coordinator/facade";

/** Finds every result valid, at once: a validation program is a child process for each task, and not what is measured. */
export const judge: Validator = {
  has: () => true,
  run: () => Promise.resolve({ valid: true }),
};
