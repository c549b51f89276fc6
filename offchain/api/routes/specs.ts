import { Router } from "express";
import { z } from "zod";
import { canonicalJson, type Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { LIMITS } from "../../../protocol/limits";
import type { Spec } from "../../../protocol/spec";
import { minimumEscrow, stepTermsOf } from "../../../protocol/terms";
import { parseSpec } from "../../../protocol/validate-spec";
import { authenticateBody } from "../auth";
import { parseJson, parseQuery, rawBody } from "../body";
import type { ApiDeps } from "../deps";

const MAX_ESCROW = 2n ** 64n - 1n; // the contract counts units in 64 bits
const LOOKUPS_AT_ONCE = 64;

export const specQuerySchema = z.object({
  feeBps: z.coerce.number().int().min(0).max(10_000).default(0),
});

const unmet = (code: string, field: string, value: string, message: string, hint: string) =>
  new FrobenError(code, `${field}: ${message}`, { field, value, hint, status: 422 });

/** Every artifact that a spec names, with the place where it does. */
function namedArtifacts(spec: Spec): { field: string; digest: Digest }[] {
  return Object.entries(spec.inputs).flatMap(([name, input]) =>
    input.kind === "file"
      ? [{ field: `inputs.${name}.digest`, digest: input.digest }]
      : input.items.map((digest, i) => ({ field: `inputs.${name}.items[${i}]`, digest })),
  );
}

async function checkArtifacts(deps: ApiDeps, spec: Spec): Promise<void> {
  const named = namedArtifacts(spec);
  for (let i = 0; i < named.length; i += LOOKUPS_AT_ONCE) {
    const some = named.slice(i, i + LOOKUPS_AT_ONCE);
    const there = await Promise.all(some.map(({ digest }) => deps.store.has(digest)));
    const missing = some[there.indexOf(false)];
    if (missing)
      throw unmet(
        "spec_artifact_missing",
        missing.field,
        missing.digest,
        "the artifact is not here",
        "upload it first: PUT /v1/artifacts/DIGEST",
      );
  }
}

function checkPrograms(deps: ApiDeps, spec: Spec): void {
  const held = deps.coordinator.views.programsHeld();
  for (const [i, step] of spec.steps.entries()) {
    if (!held.has(step.program))
      throw unmet(
        "program_unavailable",
        `steps[${i}].program`,
        step.program,
        "no registered operator holds this program",
        "GET /v1/operators lists what they hold",
      );
    if (step.rule.kind === "accepted" && !deps.validator.has(step.rule.validation))
      throw unmet(
        "validation_unavailable",
        `steps[${i}].rule.validation`,
        step.rule.validation,
        "the coordinator has no such validation program",
        "ask its owner to install it",
      );
  }
}

/** POST /v1/specs: checks a spec before any money moves, and keeps it. */
export function specRoutes(deps: ApiDeps): Router {
  return Router().post("/v1/specs", rawBody(LIMITS.maxSpecBytes), async (request, response) => {
    const requester = await authenticateBody(deps, request);
    const { feeBps } = parseQuery(request.query, specQuerySchema);
    const spec = parseSpec(parseJson(request));
    deps.coordinator.views.checkReuse(spec, requester);
    await checkArtifacts(deps, spec);
    checkPrograms(deps, spec);
    const escrow = minimumEscrow(stepTermsOf(spec), feeBps);
    if (escrow > MAX_ESCROW)
      throw new FrobenError("spec_escrow_too_large", "steps: all rewards together are too large", {
        field: "steps",
        limit: MAX_ESCROW.toString(),
        value: escrow.toString(),
        status: 422,
      });
    const digest = await deps.store.write(canonicalJson(spec));
    const tasks = spec.steps.reduce((sum, step) => sum + step.maxTasks, 0);
    response.json({ digest, minimumEscrow: escrow.toString(), tasks });
  });
}
