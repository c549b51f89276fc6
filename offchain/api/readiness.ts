import { z } from "zod";
import type { Health } from "./deps";

export const readinessSchema = z.object({
  ready: z.boolean(),
  /** Why not; empty when it is ready. */
  reasons: z
    .object({
      code: z.enum(["draining", "database_closed", "chain_unread", "chain_silent", "chain_behind"]),
      message: z.string(),
      value: z.number().optional(),
      limit: z.number().optional(),
    })
    .array(),
});
export type Readiness = z.infer<typeof readinessSchema>;

/** Without an answer of the chain's node for this long, what is known is too old, milliseconds. */
export const SILENT_MS = 60_000;

/** What readiness is judged by. */
export interface ReadinessFacts {
  draining: boolean;
  databaseOpen: boolean;
  health: Health;
  /** Unix ms. */
  now: number;
  /** Most blocks between the chain's head and what was applied. */
  maxBehind: number;
}

/** @returns whether requests should be sent here, with every reason against it */
export function readinessOf({
  draining,
  databaseOpen,
  health,
  now,
  maxBehind,
}: ReadinessFacts): Readiness {
  const reasons: Readiness["reasons"] = [];
  if (draining) reasons.push({ code: "draining", message: "the coordinator is about to end" });
  if (!databaseOpen)
    reasons.push({ code: "database_closed", message: "the database does not answer" });
  const { block, head, polledAt } = health;
  const silence = now - polledAt;
  const silent = health.failures > 0 && silence > SILENT_MS;
  if (silent)
    reasons.push({
      code: "chain_silent",
      message: "the chain's node does not answer; milliseconds since it did",
      value: silence,
      limit: SILENT_MS,
    });
  if (block === null || head === null)
    reasons.push({ code: "chain_unread", message: "the chain was not read yet" });
  else if (head - block > maxBehind)
    reasons.push({
      code: "chain_behind",
      message: "blocks of the chain that are not applied yet",
      value: head - block,
      limit: maxBehind,
    });
  return { ready: reasons.length === 0, reasons };
}
