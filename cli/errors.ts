import { CommanderError } from "commander";
import { FrobenError } from "../protocol/errors";

export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** Codes of mistakes in how the command was called. */
const USAGE_CODES = ["config_missing", "config_invalid", "key_missing", "key_invalid", "usage"];

/** A command that ended badly after it had said why. */
export class QuietExit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** @returns a typed error for a mistake on the command line */
export function usage(
  field: string,
  message: string,
  details: { value?: string; hint?: string } = {},
) {
  return new FrobenError("usage", message, { field, ...details });
}

function asFrobenError(error: unknown): FrobenError {
  if (error instanceof FrobenError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new FrobenError("failed", message, { cause: error });
}

/** @returns the message for people: what, where, the limit, and what to do next */
function describe(error: FrobenError): string {
  const facts = [
    error.code,
    ...(error.field === undefined ? [] : [`field ${error.field}`]),
    ...(error.limit === undefined ? [] : [`limit ${error.limit}`]),
    ...(error.value === undefined ? [] : [`found ${error.value}`]),
  ];
  const hint = error.hint ? `\n  ${error.hint}` : "";
  return `froben: ${error.message}\n  (${facts.join(", ")})${hint}\n`;
}

/**
 * Says what went wrong, on the error stream.
 * @returns the exit code
 */
export function reportError(error: unknown, json: boolean, err: (text: string) => void): number {
  if (error instanceof QuietExit) return error.code;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    // In words, commander has said it already.
    if (json) err(`${JSON.stringify({ error: usage(error.code, error.message) })}\n`);
    return EXIT.usage;
  }
  const known = asFrobenError(error);
  err(json ? `${JSON.stringify({ error: known })}\n` : describe(known));
  return USAGE_CODES.includes(known.code) ? EXIT.usage : EXIT.failure;
}
