import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArtifactCache } from "../../../operator/artifacts/cache";
import { systemClock as clock } from "../../../operator/clock";
import { loadConfig } from "../../../operator/config";
import { createHoldings, type Holdings } from "../../../operator/holdings/holdings";
import type { HeldTask } from "../../../operator/holdings/phase";
import { openJournal } from "../../../operator/journal/journal";
import { builtinPrograms, NOOP } from "../../../operator/run/builtin";
import { createBuiltinRunner } from "../../../operator/tasks/builtin-runner";
import { FrobenError } from "../../../protocol/errors";
import type { SignedAssignment } from "../../../protocol/http";
import type { CheckResult } from "../../../operator/tasks/check-result";
import { silentLog } from "../../support/silent-log";
import { assignmentFixture } from "./assignment-fixture";

const ENVIRONMENT = {
  FROBEN_RPC_URL: "http://127.0.0.1:1",
  FROBEN_COORDINATOR_URL: "http://127.0.0.1:1",
  FROBEN_OPERATOR_KEY: `0x${"11".repeat(32)}`,
  FROBEN_DATA_DIR: tmpdir(),
};

describe("built-in programs", () => {
  let folder: string;
  let journal: ReturnType<typeof openJournal>;
  let holdings: Holdings;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "froben-builtin-"));
    journal = openJournal(join(folder, "journal.sqlite"), clock);
    holdings = createHoldings(journal, clock);
  });
  afterEach(() => {
    journal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs an assignment's tasks. @returns those that ended, in their order, and with what */
  async function run(
    changes: Partial<SignedAssignment>,
    checkResult: CheckResult = () => Promise.resolve(),
  ): Promise<{ task: HeldTask; error?: FrobenError | undefined }[]> {
    const cache = createArtifactCache(join(folder, "artifacts"));
    const holding = holdings.add({ ...(await assignmentFixture()), ...changes });
    const ended: { task: HeldTask; error?: FrobenError | undefined }[] = [];
    await new Promise<void>((resolve) => {
      const runBuiltin = createBuiltinRunner({
        ...{ cache, checkResult, clock, holdings, journal },
        builtin: builtinPrograms({ builtinNoop: true }),
        log: silentLog as never,
        onEnd(_holding, task, error) {
          if (ended.push({ task, error }) === holding.tasks.length) resolve();
        },
      });
      if (!runBuiltin(holding)) resolve();
      runBuiltin(holding); // once more changes nothing
    });
    return ended;
  }

  it("are off unless the configuration names them", async () => {
    const config = await loadConfig(ENVIRONMENT);
    expect(builtinPrograms(config).size).to.equal(0);
    const on = await loadConfig({ ...ENVIRONMENT, FROBEN_BUILTIN_NOOP: "1" });
    expect([...builtinPrograms(on).keys()]).to.deep.equal([NOOP.digest]);
  });

  it("compute all tasks of an assignment at once, each with the same output", async () => {
    const ended = await run({ program: NOOP.digest });
    expect(ended.map(({ task }) => task.task)).to.deep.equal([101, 102, 103]);
    for (const { task } of ended) {
      expect(task.phase).to.equal("computed");
      expect(task.progress).to.equal(1);
    }
    const cache = createArtifactCache(join(folder, "artifacts"));
    expect(await cache.bytes(ended[0]!.task.result!)).to.deep.equal(NOOP.output);
    expect(journal.meanDuration(NOOP.digest)).to.be.above(0);
  });

  it("put out a manifest for a step with several outputs, or a collection", async () => {
    const outputs = { list: "collection", proof: "file" } as const;
    const [{ task }] = (await run({ program: NOOP.digest, outputs })) as [{ task: HeldTask }];
    const cache = createArtifactCache(join(folder, "artifacts"));
    const read = async (digest: string) => JSON.parse(String(await cache.bytes(digest))) as object;
    const manifest = (await read(task.result!)) as { outputs: Record<string, string> };
    const list = (await read(manifest.outputs.list!)) as { items: string[] };
    expect(list.items).to.deep.equal([manifest.outputs.proof]);
  });

  it("fail their tasks when the result would not survive a challenge", async () => {
    const refuse = () => Promise.reject(new FrobenError("result_invalid", "the verifier says no"));
    const ended = await run({ program: NOOP.digest }, refuse);
    for (const { task, error } of ended) {
      expect(task.phase).to.equal("failed");
      expect(error?.code).to.equal("result_invalid");
    }
  });

  it("leave other programs alone", async () => {
    expect(await run({})).to.deep.equal([]);
    expect(holdings.all()[0]!.tasks[0]!.phase).to.equal("queued");
  });
});
