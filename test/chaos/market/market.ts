import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createTestClient, http, type Address } from "viem";
import { hardhat } from "viem/chains";
import { deployMarket } from "../../../deploy/010-market";
import { ensureCompiled, readCompiled } from "../../../deploy/compiled";
import { createDeployer } from "../../../deploy/deployer";
import { DeploymentRecord } from "../../../deploy/deployment-record";
import { devnetAccount, fundAccounts, ROLES, startChain } from "../../../devnet/chain";
import { Cleanup } from "../../../devnet/cleanup";
import { jsonLine, typescript } from "../../../devnet/processes";
import { statusSchema } from "../../../offchain/api/routes/status";
import { marketAbi } from "../../../protocol/abi";
import { createClient, type Client } from "../../../sdk";
import { WHO, type Who } from "../crash-points";
import { CALM, startProxy, type Proxy } from "../faults/proxy";
import { fileOf, stepOf } from "../faults/step-names";
import { CLAIM_SECONDS, commonEnv, coordinatorEnv, operatorEnv, POLL_MS } from "./environment";
import { Supervised } from "./supervised";

const root = join(__dirname, "../../..");
/** An entry in place of the operator's own. */
export const BAD_OPERATOR = join(__dirname, "bad-operator.ts");

/** Between two blocks, milliseconds; their times are the machine's. */
export const BLOCK_MS = 250;
const LOOK_MS = 50;
const START_MS = 60_000;
/** That a market can have had. */
const MOST_OPERATORS = 16;

/** An operator, and the two proxies through which it talks. */
export interface ChaosOperator {
  name: string;
  address: Address;
  process: Supervised;
  rpc: Proxy;
  http: Proxy;
  /** Where it keeps its journal and artifacts. */
  dataDir: string;
}

/** What a scenario may want to be different about an operator. */
export interface OperatorChanges {
  /** In place of operator/main.ts. */
  entry?: string;
  env?: Record<string, string>;
  /** A command in front of the operator's own. */
  wrap?: (command: { file: string; args: string[] }) => { file: string; args: string[] };
}

/** A whole market as real processes, with a proxy on every way between two of them. */
export class ChaosMarket {
  readonly operators: ChaosOperator[] = [];
  coordinator!: Supervised;
  rpcUrl = "";
  market!: Address;
  echo!: Address;
  fromBlock = 0;
  chainPid = 0;
  /** The coordinator's way to the chain. */
  coordinatorRpc!: Proxy;
  /** The requester's way to the coordinator. */
  front!: Proxy;
  requester!: Client;
  private coordinatorUrl = "";
  private claimSeconds = CLAIM_SECONDS;
  private operatorsMade = 0;

  private constructor(
    readonly folder: string,
    private readonly cleanup: Cleanup,
  ) {}

  /** @param operators how many honest ones; @returns a market whose processes are ready */
  static async start(cleanup: Cleanup, operators = 3): Promise<ChaosMarket> {
    const folder = await mkdtemp(join(tmpdir(), "froben-chaos-"));
    cleanup.addFolder(folder);
    const market = new ChaosMarket(folder, cleanup);
    for (const name of ["logs", "tmp"]) await mkdir(join(folder, name));
    for (const who of WHO) await mkdir(market.crashFolder(who));
    await market.deploy();
    await market.startCoordinator();
    await Promise.all(Array.from({ length: operators }, () => market.addOperator()));
    return market;
  }

  /** Test calls of the chain: time, snapshots, mining. */
  get chain() {
    return createTestClient({ mode: "hardhat", chain: hardhat, transport: http(this.rpcUrl) });
  }

  get dataDir(): string {
    return join(this.folder, "coordinator");
  }

  private env(name: string): Record<string, string> {
    return commonEnv(this.folder, this.crashFolder(name));
  }

  private crashFolder(name: string): string {
    return join(this.folder, name === "coordinator" ? "crash-coordinator" : "crash-operators");
  }

  /** The next process of this kind that reaches a step for the `count`th time dies there. */
  crashAt(who: Who, step: string, count = 1): void {
    writeFileSync(join(this.crashFolder(who), fileOf(step)), String(count));
  }

  /** Steps at which nobody has died since they were armed. */
  armed(who: Who): string[] {
    return readdirSync(this.crashFolder(who)).map(stepOf);
  }

  async disarm(): Promise<void> {
    for (const who of WHO)
      for (const step of this.armed(who))
        await rm(join(this.crashFolder(who), fileOf(step)), { force: true });
  }

  /** Names of all steps that were reached so far. */
  reached(who: Who): Set<string> {
    const file = `${this.crashFolder(who)}.reached`;
    return new Set(existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
  }

  private async deploy(): Promise<void> {
    await ensureCompiled();
    const env = this.env("chain");
    const logs = join(this.folder, "logs");
    const config = "devnet/hardhat.config.ts";
    const chain = await startChain(root, logs, env, this.cleanup, config);
    this.rpcUrl = chain.rpcUrl;
    this.chainPid = chain.process.pid;
    await chain.quiet();
    const record = new DeploymentRecord();
    const deployer = await createDeployer(this.rpcUrl, devnetAccount(ROLES.deployer), record);
    const { address, block } = await deployMarket(deployer);
    this.market = address;
    this.fromBlock = block;
    const code = readCompiled("test/EchoVerifier.sol", "EchoVerifier");
    this.echo = (await deployer.deploy("EchoVerifier", code)).address;
    await fundAccounts(this.rpcUrl, ROLES.operators + MOST_OPERATORS);
    await this.chain.setAutomine(false);
    await this.mineEvery(BLOCK_MS);
  }

  /** @param ms between two blocks; 0: none are made */
  async mineEvery(ms: number): Promise<void> {
    const params = [ms] as never;
    await this.chain.request({ method: "evm_setIntervalMining" as never, params });
  }

  private async proxy(target: string): Promise<Proxy> {
    const proxy = await startProxy(target);
    this.cleanup.add(() => proxy.close());
    return proxy;
  }

  private async startCoordinator(): Promise<void> {
    this.coordinatorRpc = await this.proxy(this.rpcUrl);
    this.front = await this.proxy("");
    this.coordinator = new Supervised(
      "coordinator",
      () => ({
        args: typescript(join(__dirname, "coordinator.ts")),
        env: {
          ...this.env("coordinator"),
          ...coordinatorEnv({
            market: this.market,
            fromBlock: this.fromBlock,
            rpcUrl: this.coordinatorRpc.url,
            dataDir: this.dataDir,
            claimSeconds: this.claimSeconds,
          }),
        },
        cwd: this.folder,
        logFolder: join(this.folder, "logs"),
        ready: jsonLine("listening"),
        timeoutMs: START_MS,
      }),
      (url) => {
        this.coordinatorUrl = url;
        for (const proxy of [this.front, ...this.operators.map((one) => one.http)])
          proxy.target = url;
      },
      this.cleanup,
    );
    await this.coordinator.start();
    this.requester = createClient({
      coordinatorUrl: this.front.url,
      rpcUrl: this.rpcUrl,
      account: devnetAccount(ROLES.requesters),
      pollMs: POLL_MS,
    });
  }

  /** The coordinator starts again, and gives operators so long to claim. */
  async giveToClaim(seconds = CLAIM_SECONDS): Promise<void> {
    this.claimSeconds = seconds;
    await this.coordinator.end();
    await this.coordinator.start();
  }

  /** Starts one more operator. */
  async addOperator(changes: OperatorChanges = {}): Promise<ChaosOperator> {
    const index = this.operatorsMade++;
    const name = `operator-${index}`;
    const dataDir = join(this.folder, name);
    const operator: ChaosOperator = {
      name,
      address: devnetAccount(ROLES.operators + index).address,
      process: undefined!,
      rpc: undefined!,
      http: undefined!,
      dataDir,
    };
    this.operators.push(operator);
    operator.rpc = await this.proxy(this.rpcUrl);
    operator.http = await this.proxy(this.coordinatorUrl);
    operator.process = new Supervised(
      name,
      () => ({
        args: typescript(changes.entry ?? join(__dirname, "operator.ts")),
        env: {
          ...this.env("operators"),
          ...operatorEnv({
            market: this.market,
            rpcUrl: operator.rpc.url,
            coordinatorUrl: operator.http.url,
            dataDir,
            name,
            index,
          }),
          ...changes.env,
        },
        cwd: this.folder,
        logFolder: join(this.folder, "logs"),
        ready: jsonLine("address"),
        timeoutMs: START_MS,
      }),
      () => {},
      this.cleanup,
    );
    await operator.process.start();
    return operator;
  }

  /** An operator says farewell and is no longer there. */
  async removeOperator(operator: ChaosOperator): Promise<void> {
    await operator.process.end();
    this.operators.splice(this.operators.indexOf(operator), 1);
  }

  /** @returns units of an account, read past every proxy */
  async accountOf(address: Address): Promise<{ free: bigint; locked: bigint; owed: bigint }> {
    const call = { address: this.market, abi: marketAbi, functionName: "accountOf" } as const;
    const [free, locked, owed] = await this.requester.chain.readContract({
      ...call,
      args: [address],
    });
    return { free, locked, owed };
  }

  /** Every way between two processes is as it should be again. */
  calm(): void {
    for (const proxy of this.proxies()) proxy.weather = CALM;
  }

  /** All proxies but the requester's. */
  proxies(): Proxy[] {
    return [this.coordinatorRpc, ...this.operators.flatMap(({ rpc, http }) => [rpc, http])];
  }

  /** Resolves when every process that should be there is. @throws the failure of one that can't be started again */
  async standing(): Promise<void> {
    await Promise.all(this.processes().map((process) => process.standing()));
  }

  /** Resolves when the coordinator knows all operators: after a lost database they have to come back. */
  async joined(signal: AbortSignal): Promise<void> {
    const online = async () =>
      (await this.requester.get("/v1/status", statusSchema, signal)).operatorsOnline;
    while ((await online()) < this.operators.length) await delay(LOOK_MS, undefined, { signal });
  }

  /** Resolves when the coordinator has applied the chain's branch of now. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const applied = async () =>
      (await this.requester.get("/v1/status", statusSchema, signal)).block ?? 0;
    const head = Number(await this.requester.chain.getBlockNumber());
    // One more than any block of another branch, which its parent's hash ties to this one.
    const block = Math.max(head, await applied()) + 1;
    while ((await applied()) < block) await delay(LOOK_MS, undefined, { signal });
  }

  /** Everything that can die and be started again. */
  processes(): Supervised[] {
    return [this.coordinator, ...this.operators.map(({ process }) => process)];
  }
}
