import { network } from "hardhat";
import { encodeFunctionData, getAddress, numberToHex, type Address, type Hex } from "viem";
import { marketAbi } from "../../protocol/abi";
import { maskOf } from "../../protocol/ticket";
import {
  operationsOf,
  range,
  UNIT,
  World,
  worldParts,
  type Account,
  type Claim,
  type Offer,
  type OpenWorkflow,
} from "../../test/contracts/support/world";
import { MANY_CALLS, manyCalls } from "./many-calls";
import type { RecordedBlock, Recording } from "./recording";

// Makes a real chain with many events of the market: Hardhat's, in this process. The operators are contracts, each of which makes
// the block's calls of `advance` in one transaction: every one is a real claim, commitment or settlement of one task, and logs
// one event. Nothing of the market is changed for it.

const OPERATORS = 4;
/** Tasks of one signed assignment: half a word. Each is claimed on its own, with the assignment's one signature. */
const ASSIGNED = 96;
/** Tasks of one workflow, and at least of how many one signature is. */
const TASKS = 200 * ASSIGNED;
/** Of a block, and of one transaction (EIP-7825), with the calls that fit. */
const [BLOCK_GAS, TRANSACTION_GAS, CALLS] = [2n ** 33n, 2n ** 24n, 96];
const STAKE = 10n ** 9n;

interface Logged {
  blockNumber: Hex;
}

const send = <T>(method: string, params: unknown[] = []): Promise<T> =>
  network.provider.send(method, params) as Promise<T>;

class History {
  readonly #live: { operator: Address; claims: Claim[] }[] = [];
  #workflow: OpenWorkflow | undefined;
  #task = 0;

  private constructor(
    readonly world: World,
    readonly operators: Address[],
  ) {}

  static async start(): Promise<History> {
    const world = new World(...(await worldParts({})));
    world.ledger.check = () => Promise.resolve(); // the tests' bookkeeper would read every log again
    const operators: Address[] = [];
    for (let i = 0; i < OPERATORS; i++) {
      const deployed = await world.requester.sendTransaction({ data: MANY_CALLS });
      const address = (await deployed.wait())!.contractAddress as Address;
      operators.push(address);
      const value = STAKE * UNIT;
      await world.as(world.requester).getFunction("deposit").send(address, STAKE, { value });
    }
    await send("evm_setBlockGasLimit", [numberToHex(BLOCK_GAS)]);
    await send("evm_setAutomine", [false]);
    return new History(world, operators);
  }

  /** Mines one block with calls of operators. */
  async #mine(calls: { operator: Address; calls: Hex[] }[]): Promise<void> {
    const from = this.world.stranger.address;
    const gas = numberToHex(TRANSACTION_GAS);
    for (const { operator, calls: made } of calls)
      for (let at = 0; at < made.length; at += CALLS) {
        const data = manyCalls(this.world.address, made.slice(at, at + CALLS));
        await send("eth_sendTransaction", [{ from, to: operator, data, gas }]);
      }
    await send("evm_mine");
  }

  async #open(): Promise<OpenWorkflow> {
    await send("evm_setAutomine", [true]);
    const [step] = this.world.steps({ maxTasks: TASKS });
    this.#workflow = await this.world.open({ steps: [step!], feeBps: 0 });
    this.#task = 0;
    await send("evm_setAutomine", [false]);
    return this.#workflow;
  }

  async #offer(operator: Address): Promise<Offer> {
    const workflow = this.#workflow && this.#task < TASKS ? this.#workflow : await this.#open();
    const tasks = range(this.#task, ASSIGNED);
    this.#task += ASSIGNED;
    return this.world.offer(workflow, { address: operator } as Account, tasks);
  }

  /** Claims, commits and settles `perBlock` tasks: three blocks, as many events in each. */
  async round(perBlock: number): Promise<void> {
    const { world } = this;
    const advance = (parts: Parameters<typeof operationsOf>[0]) =>
      encodeFunctionData({ abi: marketAbi, functionName: "advance", args: [operationsOf(parts)] });
    const live = [];
    for (const operator of this.operators) {
      const claims: Claim[] = [];
      const calls: Hex[] = [];
      const count = Math.ceil(perBlock / OPERATORS);
      while (claims.length < count) {
        const offer = await this.#offer(operator);
        for (const task of offer.tasks.slice(0, count - claims.length)) {
          const slot = claims.length;
          const claimMask = maskOf([task]);
          calls.push(advance({ claims: [world.claimCall(offer, slot, { claimMask })] }));
          claims.push(world.claimFrom(offer, slot, claimMask));
        }
      }
      live.push({ operator, claims, calls });
    }
    await this.#mine(live);
    const batches = [];
    for (const { operator, claims } of live) {
      const commits = await Promise.all(claims.map((claim) => world.commitCall(claim)));
      batches.push({
        operator,
        batches: commits.map(({ batch }) => batch),
        calls: commits.map(({ call }) => advance({ commits: [call] })),
      });
    }
    await this.#mine(batches);
    await send("evm_increaseTime", [301]);
    await this.#mine(
      batches.map(({ operator, batches }) => ({
        operator,
        calls: batches.map((batch) => advance({ settles: [world.settleCall(batch)] })),
      })),
    );
  }
}

/**
 * @param events at least so many
 * @param perBlock events of one block
 * @param onProgress gets the number of events so far
 */
export async function makeHistory(
  events: number,
  perBlock: number,
  onProgress: (events: number) => void,
): Promise<Recording> {
  const history = await History.start();
  const { world } = history;
  const address = getAddress(world.address);
  const recording: Recording = {
    chainId: world.chainId,
    market: world.address.toLowerCase() as Address,
    fromBlock: 0,
    minStake: String(await world.market.MIN_STAKE()),
    events: 0,
    blocks: [],
  };
  let next = 0;
  /** Takes down what was mined since the last time. */
  const record = async () => {
    const head = Number(await send<Hex>("eth_blockNumber"));
    const filter = { address, fromBlock: numberToHex(next), toBlock: numberToHex(head) };
    const logs = await send<Logged[]>("eth_getLogs", [filter]);
    for (; next <= head; next++) {
      const header = await send<{ hash: string }>("eth_getBlockByNumber", [
        numberToHex(next),
        false,
      ]);
      const own = logs.filter((log) => Number(log.blockNumber) === next);
      recording.events += own.length;
      recording.blocks.push({
        number: next,
        hash: header.hash,
        header: JSON.stringify(header),
        logs: own.map((log) => JSON.stringify(log)).join(","),
      } satisfies RecordedBlock);
    }
    onProgress(recording.events);
  };
  while (recording.events < events) {
    await history.round(perBlock);
    await record();
  }
  return recording;
}
