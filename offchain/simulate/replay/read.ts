import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { z } from "zod";
import { decisionViewSchema, signedChoiceSchema } from "../../../protocol/decision-view";
import { digestSchema } from "../../../protocol/digest";
import type { DecisionRecord } from "../../matchmaker/decision";
import { checked, malformed, parseJson } from "../read/checked";
import type { PublishedDecision } from "./replay";

/** As the simulator writes it: the record and its digest in one object. */
const flatSchema = z.looseObject({ digest: digestSchema });
/** As the API serves it. */
const servedSchema = decisionViewSchema
  .pick({ digest: true, record: true })
  .extend({ assignment: signedChoiceSchema.nullish() });
const fileSchema = z.union([
  z.array(z.looseObject({})),
  z.looseObject({ decisions: z.array(z.looseObject({})) }),
]);

function decisionOf(data: object, file: string): PublishedDecision {
  if ("record" in data) {
    const { digest, record, assignment = null } = checked(servedSchema, data, file);
    return { digest, record: record as unknown as DecisionRecord, assignment };
  }
  const { digest, ...record } = checked(flatSchema, data, file);
  return { digest, record: record as unknown as DecisionRecord };
}

/**
 * Reads published decisions: JSON lines (`.jsonl`), a simulation's result, or a list as the API serves it.
 * @throws FrobenError `simulation_file_invalid` with the place of the first mistake, or when there are none
 */
export async function* readDecisions(path: string): AsyncGenerator<PublishedDecision> {
  let count = 0;
  if (path.endsWith(".jsonl")) {
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
    for await (const line of lines) {
      const at = `${path} line ${++count}`;
      yield decisionOf(parseJson(line, at) as object, at);
    }
  } else {
    const file = checked(fileSchema, parseJson(await readFile(path, "utf8"), path), path);
    for (const data of Array.isArray(file) ? file : file.decisions)
      yield decisionOf(data, `${path} decision ${++count}`);
  }
  if (count === 0) throw malformed(path, "decisions", "there are none");
}
