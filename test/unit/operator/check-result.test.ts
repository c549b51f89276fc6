import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArtifactCache, type ArtifactCache } from "../../../operator/artifacts/cache";
import { digestsOf } from "../../../operator/assignments/step-terms";
import type { MarketChain } from "../../../operator/chain/clients";
import { createResultCheck } from "../../../operator/tasks/check-result";
import type { SignedAssignment } from "../../../protocol/http";
import { RULE } from "../../../protocol/terms";
import { assignmentFixture } from "./assignment-fixture";

describe("a result that an operator is about to sign", () => {
  let folder: string;
  let cache: ArtifactCache;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "froben-check-"));
    cache = createArtifactCache(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Under rule accepted nobody is asked on-chain: only the size counts. */
  async function codeFor(bytes: number, change: (signed: SignedAssignment) => void = () => {}) {
    const signed = await assignmentFixture();
    signed.terms.rule = RULE.accepted;
    change(signed);
    const result = await cache.putBytes(Buffer.alloc(bytes));
    const check = createResultCheck({} as MarketChain, cache);
    return check(signed, digestsOf(signed.tasks[0]!), result).then(
      () => "fine",
      (error: unknown) => (error as { code: string }).code,
    );
  }

  it("must be small enough to be revealed on demand", async () => {
    expect(await codeFor(1024)).to.equal("fine");
    expect(await codeFor(1025)).to.equal("result_too_large");
  });

  it("may have any size where nobody can demand it", async () => {
    const never = (signed: SignedAssignment) => (signed.terms.judge.maxReveal = 0);
    expect(await codeFor(100_000, never)).to.equal("fine");
    const final = (signed: SignedAssignment) => (signed.terms.isFinal = true);
    expect(await codeFor(100_000, final)).to.equal("fine");
  });
});
