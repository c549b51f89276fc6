import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Report } from "./report";

const reason = z.string().min(20);

const acceptedSchema = z.strictObject({
  branches: z.array(z.strictObject({ branch: z.string(), reason })),
  tests: z.array(z.strictObject({ test: z.string(), reason })),
});

/** What may stay uncovered, and which tests can't run on marked contracts, each with a reason. */
export type Accepted = z.infer<typeof acceptedSchema>;

/** @throws ZodError if the file is not of this shape, e.g. lacks a reason */
export function readAccepted(path: string): Accepted {
  return acceptedSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

/** What is wrong between a report and what is accepted, a sentence each. */
export function objections(report: Report, accepted: Accepted, seenTests: Set<string>): string[] {
  const names = new Set(accepted.branches.map(({ branch }) => branch));
  const missed = new Set(report.missed.map(({ name }) => name));
  const open = [...missed].filter((name) => !names.has(name));
  const stale = [...names].filter((name) => !missed.has(name));
  const gone = accepted.tests.filter(({ test }) => !seenTests.has(test));
  return [
    ...(open.length > 0 ? [`branches uncovered and not accepted: ${open.length}`] : []),
    ...stale.map((name) => `accepted, but covered or not there: ${name}`),
    ...gone.map(({ test }) => `left out, but there is no such test: ${test}`),
  ];
}
