import { expect } from "chai";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { createArtifactCache } from "../../../operator/artifacts/cache";
import { createCanaryRunner } from "../../../operator/canaries/canary-runner";
import type { Execute } from "../../../operator/run/execute";
import type { CanaryAnswer, CanaryOffer } from "../../../protocol/canary";
import { sha256, type Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import type { InstalledProgram } from "../../../sdk/programs";

const PROGRAM = sha256("program");
const USAGE = { wallMs: 12, cpuMs: 10, maxRssMb: 5 };

describe("the operator's canary runner", () => {
  let folder: string;
  let answers: CanaryAnswer[];
  let uploaded: Digest[];
  let durations: number[];
  let stopped: AbortController;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "froben-canary-"));
    [answers, uploaded, durations] = [[], [], []];
    stopped = new AbortController();
  });
  afterEach(() => {
    stopped.abort();
    rmSync(folder, { recursive: true, force: true });
  });

  const write: Execute = ({ outputs }) => {
    writeFileSync(outputs.proof!.path, "a proof");
    return Promise.resolve({ usage: USAGE });
  };
  /** Runs until it is told to end. */
  const endless: Execute = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new FrobenError("run_cancelled", "it was")));
    });

  const offer = (changes: Partial<CanaryOffer> = {}): CanaryOffer => ({
    canary: "00000000-0000-4000-8000-000000000001",
    program: PROGRAM,
    params: {},
    inputs: {},
    outputs: { proof: "file" },
    resources: { cores: 1, memoryMb: 100, gpus: 0, vramMb: 0 },
    runSeconds: 10,
    ...changes,
  });

  function runner(
    execute: Execute,
    how: { idle?: boolean; canaries?: boolean; wanted?: true } = {},
  ) {
    return createCanaryRunner({
      config: {
        offer: { cores: 2, memoryMb: 200, gpus: 0, vramMb: 0 },
        devices: [],
        canaries: how.canaries ?? true,
      },
      runsFolder: join(folder, "runs"),
      programs: new Map([[PROGRAM, { name: "program" } as InstalledProgram]]),
      cache: createArtifactCache(join(folder, "artifacts")),
      transfer: {
        fetch: () => Promise.resolve(),
        upload: (digest) => Promise.resolve(void uploaded.push(digest)),
      },
      execute,
      coordinator: {
        canary(answer) {
          answers.push(answer);
          const isMissing = how.wanted && uploaded.length === 0;
          return isMissing
            ? Promise.reject(new FrobenError("result_missing", "give it", { status: 422 }))
            : Promise.resolve();
        },
      },
      journal: { addDuration: (_, ms) => void durations.push(ms) },
      log: pino({ level: "silent" }),
      signal: stopped.signal,
      isIdle: () => how.idle ?? true,
      onEnd: () => {},
    });
  }
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  };

  it("answers with the digest of what the program put out, and gives no bytes", async () => {
    const canaries = runner(write);
    canaries.take(offer());
    expect(canaries.held()).equal(offer().canary);
    await until(() => canaries.held() === undefined);
    const { canary } = offer();
    const result = sha256("a proof");
    expect(answers).to.deep.equal([{ canary, outcome: "computed", result, usage: USAGE }]);
    expect(uploaded).to.deep.equal([]);
    expect(durations).to.deep.equal([USAGE.wallMs]);
    expect(readdirSync(join(folder, "runs"))).to.deep.equal([]);
    canaries.take(offer()); // it was on its way when the answer came
    expect(canaries.held()).equal(undefined);
    expect(answers).to.have.length(1);
  });

  it("gives the bytes when the coordinator asks for them", async () => {
    const canaries = runner(write, { wanted: true });
    canaries.take(offer());
    await until(() => canaries.held() === undefined);
    expect(uploaded).to.deep.equal([sha256("a proof")]);
    expect(answers).to.have.length(2);
    expect(answers[1]).to.deep.equal(answers[0]);
  });

  it("gives back what it does not want, does not know or has no room for", async () => {
    const given = async (changes: Partial<CanaryOffer>, how: Parameters<typeof runner>[1] = {}) => {
      answers = [];
      runner(write, how).take(offer(changes));
      await until(() => answers.length > 0);
      const answer = answers[0]!;
      return answer.outcome === "given_back" ? answer.reason : answer!.outcome;
    };
    expect(await given({}, { canaries: false })).equal("declined");
    expect(await given({ program: sha256("another") })).equal("declined");
    const resources = { cores: 3, memoryMb: 100, gpus: 0, vramMb: 0 };
    expect(await given({ resources })).equal("declined");
    expect(await given({ resources: { ...resources, cores: 1, gpus: 1 } })).equal("declined");
    expect(await given({}, { idle: false })).equal("displaced");
    expect(await given({})).equal("computed");
  });

  it("says how a run failed", async () => {
    const canaries = runner(() => Promise.reject(new FrobenError("run_memory", "too much")));
    canaries.take(offer());
    await until(() => canaries.held() === undefined);
    const { canary } = offer();
    const code = "run_memory";
    expect(answers).to.deep.equal([{ canary, outcome: "failed", code, message: "too much" }]);
  });

  it("makes room for real work, and gives the canary back", async () => {
    const canaries = runner(endless);
    canaries.take(offer());
    await canaries.makeRoom();
    expect(readdirSync(join(folder, "runs"))).to.deep.equal([]);
    await until(() => canaries.held() === undefined);
    const { canary } = offer();
    const back = { canary, outcome: "given_back", reason: "displaced" };
    expect(answers).to.deep.equal([back]);
    await canaries.makeRoom();
  });

  it("computes one at a time, and none once it was stopped", async () => {
    const canaries = runner(endless);
    canaries.take(offer());
    const second = { canary: "00000000-0000-4000-8000-000000000002" };
    canaries.take(offer(second));
    await canaries.stop();
    canaries.take(offer({ canary: "00000000-0000-4000-8000-000000000003" }));
    await until(() => answers.length === 3);
    const reasons = answers.map((one) => one.outcome === "given_back" && one.reason);
    expect(reasons).to.deep.equal(["displaced", "displaced", "displaced"]);
  });
});
