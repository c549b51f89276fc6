import { z } from "zod";
import { specSchema } from "./spec";

/** Where the JSON schema of a spec is checked in, from the repository's root. */
export const SPEC_SCHEMA_PATH = "docs/spec.schema.json";

/** @returns the JSON schema (2020-12) of a spec as it may be written: what has a default may be left out */
export function specJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(specSchema, { io: "input" });
  return {
    $schema,
    title: "Froben spec",
    description:
      "The description of a workflow. What a schema can't say (references, circles, conditions, terms that depend on each other) is checked by parseSpec: `froben validate`.",
    ...schema,
  };
}
