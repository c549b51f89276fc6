import type { Hex } from "viem";
import type { Spec } from "../../protocol/spec";
import type { Db } from "./client";
import { chainPrograms } from "./schema/evidence";

/**
 * Keeps what a spec's steps run, so that how their tasks end counts for those programs.
 * @param specHash as it is on-chain
 */
export function keepPrograms(db: Db, specHash: Hex, spec: Spec): void {
  const programs = spec.steps.map(({ program }) => program);
  const row = { specHash: specHash.toLowerCase() as Hex, programs };
  db.insert(chainPrograms).values(row).onConflictDoNothing().run();
}
