import { createHash } from "node:crypto";
import { z } from "zod";
import type { SimOperator } from "./model";
import { checked, malformed, parseJson } from "./read/checked";

const faultsSchema = z.strictObject({
  /** Chance of every attempt to fail, besides the operator's own. */
  failureRate: z.number().min(0).max(1).default(0),
  /** Chance of every attempt to come to no end, besides the operator's own. */
  hangRate: z.number().min(0).max(1).optional(),
  /** So many operators leave for good, at moments between these. Seconds. */
  leave: z
    .strictObject({
      count: z.int().min(0),
      from: z.number().min(0).default(0),
      to: z.number().min(0),
    })
    .optional(),
  /** So many others are slower than they say from the start. */
  slow: z.strictObject({ count: z.int().min(0), factor: z.number().min(1) }).optional(),
  /** So many others fall silent for so long, from moments between these on. Seconds. */
  silent: z
    .strictObject({
      count: z.int().min(0),
      from: z.number().min(0).default(0),
      to: z.number().min(0),
      seconds: z.number().positive(),
    })
    .optional(),
});
export type Faults = z.infer<typeof faultsSchema>;

/** @throws FrobenError `simulation_file_invalid` */
export function parseFaults(text: string, file: string): Faults {
  const faults = checked(faultsSchema, parseJson(text, file), file);
  for (const what of ["leave", "silent"] as const) {
    const span = faults[what];
    if (span && span.to < span.from)
      throw malformed(file, `${what}.to`, "must not be before from", span.to);
  }
  return faults;
}

/** @returns a number in [0, 1) that follows from a text alone */
export function chance(text: string): number {
  return createHash("sha256").update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** @returns the fleet as the faults leave it; whom they meet follows from the seed */
export function withFaults(operators: SimOperator[], faults: Faults, seed: number): SimOperator[] {
  const { failureRate, hangRate = 0, leave, slow, silent } = faults;
  const drawn = operators
    .map(({ id }) => ({ id, at: chance(`${seed}/fault/${id}`) }))
    .sort((a, b) => a.at - b.at)
    .map(({ id }) => id);
  const leaving = new Set(drawn.slice(0, leave?.count ?? 0));
  const slowed = new Set(drawn.slice(leaving.size, leaving.size + (slow?.count ?? 0)));
  const others = drawn.slice(leaving.size + slowed.size);
  const silenced = new Set(others.slice(0, silent?.count ?? 0));
  const between = ({ from, to }: { from: number; to: number }, luck: string) =>
    from + chance(luck) * (to - from);
  return operators.map((operator) => {
    const made = { ...operator };
    made.failureRate = 1 - (1 - operator.failureRate) * (1 - failureRate);
    if (hangRate > 0) made.hangRate = 1 - (1 - (operator.hangRate ?? 0)) * (1 - hangRate);
    if (leaving.has(operator.id)) {
      const at = between(leave!, `${seed}/leave/${operator.id}`);
      made.leavesAt = Math.min(operator.leavesAt, Math.max(at, operator.joinsAt));
    }
    if (slowed.has(operator.id)) made.slowdown *= slow!.factor;
    if (silenced.has(operator.id)) {
      const from = between(silent!, `${seed}/silent/${operator.id}`);
      made.silences = joined([...(operator.silences ?? []), { from, to: from + silent!.seconds }]);
    }
    return made;
  });
}

type Silences = NonNullable<SimOperator["silences"]>;

/** @returns the same silences in order, those that touch as one */
function joined(silences: Silences): Silences {
  const apart: Silences = [];
  for (const { from, to } of [...silences].sort((a, b) => a.from - b.from)) {
    const last = apart.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else apart.push({ from, to });
  }
  return apart;
}
