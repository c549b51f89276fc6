import { z } from "zod";
import { MAX_OPERATORS, type SimOperator } from "../model";
import { checked, malformed, parseJson } from "./checked";

const speed = z.number().min(0.01).max(1000);
const operatorSchema = z.strictObject({
  id: z.string().min(1).max(128),
  count: z.int().min(1).max(MAX_OPERATORS).default(1),
  cores: z.int().min(1).max(1024),
  memoryMb: z.int().min(1),
  gpus: z.int().min(0).max(64).default(0),
  vramMb: z.int().min(0).default(0),
  speed: z.union([speed, z.record(z.string(), speed)]).default(1),
  pricePerHour: z.number().min(0).default(1),
  joinsAt: z.number().min(0).default(0),
  leavesAt: z.number().min(0).nullish(),
  failureRate: z.number().min(0).max(1).default(0),
  invalidRate: z.number().min(0).max(1).default(0),
  silentRate: z.number().min(0).max(1).default(0),
  hangRate: z.number().min(0).max(1).default(0),
  silences: z.array(z.strictObject({ from: z.number().min(0), to: z.number().min(0) })).default([]),
  slowdown: z.number().min(0.001).max(1_000_000).default(1),
});
const fileSchema = z.array(operatorSchema).min(1);

/**
 * Reads a list of operators; `count` makes several of one, with ids `id-1`, `id-2` and so on.
 * @param file name for errors
 * @throws FrobenError `simulation_file_invalid`
 */
export function parseOperators(text: string, file: string): SimOperator[] {
  const operators: SimOperator[] = [];
  const seen = new Set<string>();
  for (const [i, entry] of checked(fileSchema, parseJson(text, file), file).entries()) {
    const { count, id, leavesAt, ...rest } = entry;
    if (operators.length + count > MAX_OPERATORS)
      throw malformed(file, `[${i}].count`, `more than ${MAX_OPERATORS} operators in all`, count);
    for (const [s, { from, to }] of rest.silences.entries()) {
      const at = `[${i}].silences[${s}]`;
      if (to <= from) throw malformed(file, `${at}.to`, "must be after from", to);
      if (s > 0 && from <= rest.silences[s - 1]!.to)
        throw malformed(file, `${at}.from`, "must be after the end of the one before", from);
    }
    if (leavesAt != null && leavesAt <= rest.joinsAt)
      throw malformed(file, `[${i}].leavesAt`, "must be after joinsAt", leavesAt);
    for (let n = 1; n <= count; n++) {
      const name = count === 1 ? id : `${id}-${n}`;
      if (seen.has(name)) throw malformed(file, `[${i}].id`, "is taken", name);
      seen.add(name);
      operators.push({ ...rest, id: name, leavesAt: leavesAt ?? Infinity });
    }
  }
  return operators;
}
