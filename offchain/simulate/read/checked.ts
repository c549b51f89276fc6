import type { z } from "zod";
import { FrobenError } from "../../../protocol/errors";

/** @returns an error that names the file, the path in it and the reason */
export function malformed(
  file: string,
  field: string,
  reason: string,
  value?: string | number | null,
): FrobenError {
  return new FrobenError("simulation_file_invalid", `${file}: ${field}: ${reason}`, {
    field,
    value,
  });
}

function pathOf(path: PropertyKey[]): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return text.join("").replace(/^\./, "") || "(the whole)";
}

/** @throws FrobenError `simulation_file_invalid` with the path and reason of the first mistake */
export function checked<T extends z.ZodType>(schema: T, data: unknown, file: string): z.output<T> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw malformed(file, pathOf(issue.path), issue.message);
}

/** @throws FrobenError `simulation_file_invalid` */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed(file, "(the whole)", `not JSON: ${(cause as Error).message}`);
  }
}

/**
 * Lets what a reader of specs throws name the file too.
 * @param at what the field's path starts with in the file
 * @param hint said after the reason
 */
export function inFile(error: unknown, file: string, at = "", hint = ""): unknown {
  if (!(error instanceof FrobenError)) return error;
  const { field = "", value } = error;
  const reason = error.message.replace(`${field}: `, "") + hint;
  return malformed(file, at + field, reason, typeof value === "boolean" ? undefined : value);
}
