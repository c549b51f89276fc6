import type { Command } from "commander";
import { specJsonSchema, SPEC_SCHEMA_PATH } from "../../protocol/spec-json-schema";
import type { Cli } from "../context";

/** `froben schema`: for specs that are written by hand or in another language. */
export function addSchema(program: Command, cli: Cli): void {
  program
    .command("schema")
    .description("print the JSON schema of a spec")
    .addHelpText(
      "after",
      `\nIt is checked in as ${SPEC_SCHEMA_PATH}.\n\nExamples:\n  froben schema > spec.schema.json`,
    )
    .action(() => {
      const schema = specJsonSchema();
      cli.print(schema, () => JSON.stringify(schema, null, 2));
    });
}
