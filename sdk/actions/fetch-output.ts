import { createHash } from "node:crypto";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { LIMITS } from "../../protocol/limits";
import type { Client } from "../client";
import { apiFetch } from "../http";
import { getWorkflow } from "./watch";

/**
 * Downloads an artifact and checks its digest.
 * @param limit most bytes to take
 * @throws FrobenError `artifact_unknown` (the API's), `artifact_digest_mismatch`, `artifact_too_large`
 */
export async function fetchArtifact(
  client: Client,
  digest: Digest,
  limit: number = LIMITS.maxArtifactBytes,
): Promise<Buffer> {
  const path = `/v1/artifacts/${digest}`;
  const response = await apiFetch(client.coordinatorUrl, { method: "GET", path });
  const parts: Uint8Array[] = [];
  const hash = createHash("sha256");
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > limit)
      throw new FrobenError("artifact_too_large", "the artifact is larger than asked for", {
        field: digest,
        limit,
      });
    hash.update(part);
    parts.push(part);
  }
  const found = hash.digest("hex");
  if (found !== digest)
    throw new FrobenError("artifact_digest_mismatch", "the coordinator sent other bytes", {
      field: digest,
      limit: digest,
      value: found,
      retryable: true,
    });
  return Buffer.concat(parts);
}

async function digestsOf(client: Client, workflow: number, output: string) {
  const { outputs, state } = await getWorkflow(client, workflow);
  const digests = outputs[output];
  if (digests === undefined)
    throw new FrobenError("output_missing", `workflow ${workflow} has no output "${output}" yet`, {
      field: output,
      value: state,
      hint: `it is ${state}; its outputs so far: ${Object.keys(outputs).join(", ") || "none"}`,
    });
  return digests;
}

/**
 * Downloads a workflow's output that is one file.
 * @throws FrobenError `workflow_unknown`, `output_missing`, `output_is_list`, and those of `fetchArtifact`
 */
export async function fetchOutput(
  client: Client,
  workflow: number,
  output: string,
): Promise<Buffer> {
  const digest = await digestsOf(client, workflow, output);
  if (typeof digest !== "string")
    throw new FrobenError("output_is_list", `output "${output}" is a list`, {
      field: output,
      value: digest.length,
      hint: "use fetchOutputs",
    });
  return fetchArtifact(client, digest);
}

/**
 * Downloads a workflow's output that is a list of files, in order; a single file is a list of one.
 * @throws FrobenError `workflow_unknown`, `output_missing`, and those of `fetchArtifact`
 */
export async function fetchOutputs(
  client: Client,
  workflow: number,
  output: string,
): Promise<Buffer[]> {
  const digests = [await digestsOf(client, workflow, output)].flat();
  const files: Buffer[] = [];
  for (const digest of digests) files.push(await fetchArtifact(client, digest));
  return files;
}
