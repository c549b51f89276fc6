/** Most characters of what an error quotes: a name or a value may be as large as what was sent. */
const MOST = { value: 200, field: 300, message: 1_000 } as const;

/** @returns at most so many characters, also when it is shortened again */
function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const rest = `... (${text.length} characters)`;
  return text.slice(0, most - rest.length) + rest;
}

/** Where and how a value broke a rule; all of it is safe to show to a user. */
export interface ErrorDetails {
  /** Path of the offending field, e.g. `steps[2].maxTasks`. */
  field?: string;
  /** The limit that was broken, in the field's own unit. */
  limit?: string | number;
  /** The value that was found. */
  value?: string | number | boolean | null;
  /** What the reader can do next. */
  hint?: string;
  /** Whether the same call may succeed later without any change. */
  retryable?: boolean;
  /** HTTP status that the API answers with. */
  status?: number;
  cause?: unknown;
}

/** The only error class of the project: a stable code for programs, a sentence and a hint for people. */
export class FrobenError extends Error {
  readonly code: string;
  readonly field?: string;
  readonly limit?: string | number;
  readonly value?: string | number | boolean | null;
  readonly hint?: string;
  readonly retryable: boolean;
  readonly status: number;

  /**
   * @param code stable snake_case code, e.g. `spec_cycle`
   * @param message one sentence for people
   * @param details field, limit, value, hint, retryable, HTTP status; long texts are cut off
   */
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(shorten(message, MOST.message), { cause: details.cause });
    this.name = "FrobenError";
    this.code = code;
    const { field, value } = details;
    this.field = field && shorten(field, MOST.field);
    this.limit = details.limit;
    this.value = typeof value === "string" ? shorten(value, MOST.value) : value;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.status = details.status ?? 400;
  }

  /** The body of an HTTP error answer, and what `--json` prints. */
  toJSON(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      field: this.field,
      limit: this.limit,
      value: this.value,
      hint: this.hint,
      retryable: this.retryable,
    };
  }
}

export interface ErrorBody {
  code: string;
  message: string;
  field?: string;
  limit?: string | number;
  value?: string | number | boolean | null;
  hint?: string;
  retryable: boolean;
}
