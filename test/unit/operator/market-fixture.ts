import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Address } from "viem";
import { devnetAccount, devnetKey, ROLES } from "../../../devnet/chain";
import { typescript } from "../../../devnet/processes";
import { readConfig } from "../../../offchain/config";
import { startCoordinator, type RunningCoordinator } from "../../../offchain/start";
import { loadConfig, type OperatorConfig } from "../../../operator/config";
import { marketAbi } from "../../../protocol/abi";
import {
  accepted,
  createClient,
  defineProgram,
  defineWorkflow,
  each,
  file,
  loadPrograms,
  submit,
  type Client,
  type StepOptions,
} from "../../../sdk";
import { startTestChain, type TestChain } from "../../support/chain";

const fixtures = join(__dirname, "fixtures");
export const MANIFESTS = ["gate", "check-gate"].map((name) =>
  join(fixtures, `${name}.program.json`),
);

/** What one task of the test's program is to do; see fixtures/gate.mjs. */
export interface Job {
  value: string;
  gate?: string;
  /** A path: for as long as it exists. */
  refuse?: boolean | string;
}

/** What a test may want to be different about the step. */
export type StepChanges = Pick<StepOptions, "windowSeconds" | "maxRevealBytes" | "standby">;

/** A real chain, a real coordinator and a requester; blocks come four times a second and are a second apart. */
export class TestMarket {
  private readonly children: ChildProcess[] = [];

  private constructor(
    readonly chain: TestChain,
    private readonly coordinatorEnv: Record<string, string>,
    public coordinator: RunningCoordinator,
    readonly client: Client,
  ) {}

  /** @param changes of the coordinator's environment */
  static async start(changes: Record<string, string> = {}): Promise<TestMarket> {
    const chain = await startTestChain();
    try {
      await chain.test.setAutomine(false);
      await chain.test.request({
        method: "evm_setIntervalMining" as never,
        params: [250] as never,
      });
      const env = {
        FROBEN_RPC_URL: chain.rpcUrl,
        FROBEN_MARKET: chain.market,
        FROBEN_FROM_BLOCK: String(chain.fromBlock),
        FROBEN_COORDINATOR_KEY: devnetKey(ROLES.coordinator),
        FROBEN_DATA_DIR: join(chain.folder, "coordinator"),
        FROBEN_PORT: "0",
        FROBEN_PROGRAMS: MANIFESTS.join(","),
        FROBEN_LOG_LEVEL: "silent",
        FROBEN_POLL_MS: "50",
        // Chain time runs four times as fast as the clock here.
        FROBEN_CLAIM_SECONDS: "240",
        ...changes,
      };
      const coordinator = await startCoordinator(readConfig(env));
      const client = createClient({
        coordinatorUrl: coordinator.url,
        rpcUrl: chain.rpcUrl,
        account: devnetAccount(ROLES.requesters),
        pollMs: 50,
      });
      return new TestMarket(chain, env, coordinator, client);
    } catch (error) {
      await chain.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.coordinator.stop();
    await this.chain.stop();
  }

  /** The coordinator ends, and starts again at its address with an empty database. */
  async loseDatabase(): Promise<void> {
    const { url } = this.coordinator;
    await this.coordinator.stop();
    for (const end of ["", "-wal", "-shm"])
      rmSync(join(this.chain.folder, `coordinator/coordinator.sqlite${end}`), { force: true });
    const env = { ...this.coordinatorEnv, FROBEN_PORT: new URL(url).port };
    this.coordinator = await startCoordinator(readConfig(env));
  }

  /** Environment of an operator. @param index which one, from 0 */
  operatorEnv(index: number, changes: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: process.env.PATH!,
      FROBEN_RPC_URL: this.chain.rpcUrl,
      FROBEN_COORDINATOR_URL: this.coordinator.url,
      FROBEN_MARKET: this.chain.market,
      FROBEN_OPERATOR_KEY: devnetKey(ROLES.operators + index),
      FROBEN_DATA_DIR: join(this.chain.folder, `operator-${index}`),
      FROBEN_NAME: `operator-${index}`,
      // As if each had a machine of its own.
      FROBEN_MACHINE_ID: `machine-${index}`,
      FROBEN_PROGRAMS: MANIFESTS[0]!,
      FROBEN_STAKE: "100000000",
      FROBEN_POLL_MS: "50",
      FROBEN_COMMIT_PATIENCE: "8",
      // The test's programs say through files of the test's what they are at.
      FROBEN_SANDBOX: "off",
      FROBEN_CONCURRENCY: "2",
      FROBEN_NETWORK: "host",
      FROBEN_LOG_LEVEL: "silent",
      ...changes,
    };
  }

  /** For a test that failed before its operator ended. */
  killOperators(): void {
    for (const child of this.children.splice(0)) child.kill("SIGKILL");
  }

  operatorConfig(index: number, changes: Record<string, string> = {}): Promise<OperatorConfig> {
    return loadConfig(this.operatorEnv(index, changes));
  }

  /** Runs an operator as a process. @returns once it is ready */
  async spawnOperator(index: number): Promise<ChildProcess> {
    const main = join(__dirname, "..", "..", "..", "operator", "main.ts");
    const child = spawn(process.execPath, typescript(main), {
      env: this.operatorEnv(index),
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.children.push(child);
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on("line", () => resolve());
      child.once("exit", () => reject(new Error("the operator ended before it was ready")));
    });
    return child;
  }

  /** Opens a workflow of one task for each job. @returns its id */
  async submit(jobs: Job[], attempts = 3, step: StepChanges = {}): Promise<number> {
    const programs = await loadPrograms(MANIFESTS);
    const gate = defineProgram(programs.digest("test/gate"), {
      inputs: { data: file("job") },
      outputs: { result: file("answer") },
    });
    const money = { reward: "10 gwei", bond: "20 gwei" } as const;
    const defaults = { ...money, windowSeconds: 8, attempts };
    const workflow = defineWorkflow(
      "gates",
      { ...defaults, claimSeconds: 600, backoffSeconds: 0 },
      (w) => {
        const data = w.collection(
          "data",
          "job",
          jobs.map((job) => Buffer.from(JSON.stringify(job))),
        );
        const run = w.map("run", {
          program: gate,
          inputs: { data: each(data) },
          rule: accepted(programs.digest("test/check-gate")),
          resources: { cores: 1, memoryMb: 256 },
          ...step,
        });
        return { results: run.result };
      },
    );
    const { workflow: id } = await submit(this.client, workflow, { key: String(Math.random()) });
    return id;
  }

  /** @returns units of an account: free, locked in bonds, owed */
  async account(address: Address): Promise<{ free: bigint; locked: bigint; owed: bigint }> {
    const [free, locked, owed] = await this.chain.client.readContract({
      address: this.chain.market,
      abi: marketAbi,
      functionName: "accountOf",
      args: [address],
    });
    return { free, locked, owed };
  }
}
