import { createHash } from "node:crypto";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { LIMITS } from "../../protocol/limits";
import type { Client } from "../client";
import { apiFetch } from "../http";
import { retrying } from "../wait";
import { getWorkflow } from "./watch";

const RETRY_MS = 30_000;

/** What has come of an artifact. */
class Download {
  private parts: Uint8Array[] = [];
  private hash = createHash("sha256");
  private size = 0;

  constructor(
    private readonly client: Client,
    private readonly digest: Digest,
    private readonly limit: number,
  ) {}

  /** Asks for what has not come yet. */
  async goOn(): Promise<Buffer> {
    const { client, digest, size: from } = this;
    const request = { method: "GET", path: `/v1/artifacts/${digest}`, from } as const;
    const response = await apiFetch(client.coordinatorUrl, request);
    if (response.status !== 206) this.restart();
    await this.take(response);
    const found = this.hash.digest("hex");
    const whole = Buffer.concat(this.parts);
    this.restart();
    if (found !== digest)
      throw new FrobenError("artifact_digest_mismatch", "the coordinator sent other bytes", {
        field: digest,
        limit: digest,
        value: found,
      });
    return whole;
  }

  private restart(): void {
    this.parts = [];
    this.hash = createHash("sha256");
    this.size = 0;
  }

  private async take({ body }: Response): Promise<void> {
    const { digest, limit } = this;
    try {
      for await (const part of body ?? []) {
        this.size += part.byteLength;
        if (this.size > limit)
          throw new FrobenError("artifact_too_large", "the artifact is larger than asked for", {
            field: digest,
            limit,
          });
        this.hash.update(part);
        this.parts.push(part);
      }
    } catch (cause) {
      if (cause instanceof FrobenError) throw cause;
      throw new FrobenError("transfer_broken", "the download broke off", {
        retryable: true,
        value: digest,
        cause,
      });
    }
  }
}

/**
 * Downloads an artifact and checks its digest. What breaks off goes on where it was.
 * @param limit most bytes to take
 * @throws FrobenError `artifact_missing` (the API's), `artifact_digest_mismatch`, `artifact_too_large`, `transfer_broken` when it goes on
 * breaking off
 */
export async function fetchArtifact(
  client: Client,
  digest: Digest,
  limit: number = LIMITS.maxArtifactBytes,
): Promise<Buffer> {
  const download = new Download(client, digest, limit);
  const may = (error: unknown) => error instanceof FrobenError && error.code === "transfer_broken";
  return retrying(() => download.goOn(), { timeoutMs: RETRY_MS, may });
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
