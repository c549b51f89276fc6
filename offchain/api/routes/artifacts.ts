import { Router, type Request, type Response } from "express";
import { pipeline } from "node:stream/promises";
import { digestSchema, type Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { authenticate } from "../auth";
import type { ApiDeps } from "../deps";

function digestOf(request: Request): Digest {
  const parsed = digestSchema.safeParse(request.params.digest);
  if (parsed.success) return parsed.data;
  throw new FrobenError("digest_malformed", "must be 64 lower-case hex characters", {
    field: "digest",
    value: String(request.params.digest).slice(0, 100),
    status: 400,
  });
}

/** First and last byte of a single range, or undefined when all was asked for. */
function rangeOf(request: Request, size: number): { start: number; end: number } | undefined {
  if (!request.headers.range) return undefined;
  const ranges = request.range(size, { combine: true });
  if (ranges === -1)
    throw new FrobenError("range_invalid", "the range lies outside the artifact", {
      field: "range",
      limit: size,
      value: request.headers.range,
      status: 416,
    });
  // Anything but one range of bytes may be ignored (RFC 9110, 14.2).
  return Array.isArray(ranges) && ranges.type === "bytes" && ranges.length === 1
    ? ranges[0]
    : undefined;
}

/** GET, HEAD and PUT of artifacts. Reading is public; writing needs a signature over the digest. */
export function artifactRoutes(deps: ApiDeps): Router {
  const { store, maxArtifactBytes } = deps;

  const read = async (request: Request, response: Response): Promise<void> => {
    const digest = digestOf(request);
    const size = await store.size(digest);
    response.set({
      "content-type": "application/octet-stream",
      "accept-ranges": "bytes",
      etag: `"${digest}"`,
      "cache-control": "public, max-age=31536000, immutable",
    });
    if (request.fresh) {
      response.status(304).end();
      return;
    }
    const range = rangeOf(request, size);
    if (range)
      response.status(206).set("content-range", `bytes ${range.start}-${range.end}/${size}`);
    response.set("content-length", String(range ? range.end - range.start + 1 : size));
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    const bytes = await store.stream(digest, range);
    // A reader that hangs up is nobody's error.
    await pipeline(bytes, response).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
    });
  };

  const write = async (request: Request, response: Response): Promise<void> => {
    const digest = digestOf(request);
    await authenticate(deps, request, digest);
    const declared = Number(request.headers["content-length"] ?? 0);
    if (declared > maxArtifactBytes)
      throw new FrobenError("artifact_too_large", "the artifact is too large", {
        field: "content-length",
        limit: maxArtifactBytes,
        value: declared,
        status: 413,
      });
    if (request.headers["content-encoding"])
      throw new FrobenError("body_encoded", "the body must not be compressed", {
        field: "content-encoding",
        status: 415,
      });
    if (await store.has(digest)) {
      request.resume();
      response.json({ digest, size: await store.size(digest), created: false });
      return;
    }
    // Without destroyOnReturn the connection would be cut before the client could read what is wrong.
    const source = request.iterator({ destroyOnReturn: false });
    const { size, created } = await store.put(source, digest, maxArtifactBytes);
    response.status(created ? 201 : 200).json({ digest, size, created });
  };

  return Router()
    .get("/v1/artifacts/:digest", read)
    .head("/v1/artifacts/:digest", read)
    .put("/v1/artifacts/:digest", write);
}
