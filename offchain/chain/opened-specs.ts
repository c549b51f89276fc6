import type { Hex } from "viem";
import { fromBytes32 } from "../../protocol/digest";
import { LIMITS } from "../../protocol/limits";
import { parseSpec } from "../../protocol/validate-spec";
import type { ArtifactStore } from "../artifacts/artifact-store";
import type { Db } from "../db/client";
import { keepPrograms } from "../db/step-programs";
import type { ChainStep } from "./follow-chain";
import type { MarketEvent } from "./market-event";

const openings = (events: MarketEvent[]): Hex[] =>
  events.flatMap((e) => (e.name === "WorkflowOpened" ? [e.args.terms.specHash] : []));

/** @returns digests of the specs of workflows that are opened in a step */
function specsIn(step: ChainStep): Set<Hex> {
  if (step.kind === "block") return new Set(openings(step.events));
  if (step.kind === "final") return new Set(step.blocks.flatMap(({ events }) => openings(events)));
  return new Set();
}

/**
 * Reads the specs of workflows that a step opens, as far as they are among the artifacts, and keeps what their steps run. Called before the
 * step is applied: else what the events of a long history say of a database that was lost would be said of no program.
 */
export async function readOpenedSpecs(
  db: Db,
  store: Pick<ArtifactStore, "has" | "size" | "read">,
  step: ChainStep,
): Promise<void> {
  for (const specHash of specsIn(step)) {
    const digest = fromBytes32(specHash);
    try {
      if (!(await store.has(digest)) || (await store.size(digest)) > LIMITS.maxSpecBytes) continue;
      const text = Buffer.from(await store.read(digest)).toString("utf8");
      keepPrograms(db, specHash, parseSpec(JSON.parse(text)));
    } catch {
      // It is no spec, so that nobody can have run it; or it is being removed.
    }
  }
}
