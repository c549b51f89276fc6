import { setTimeout as delay } from "node:timers/promises";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { takesNoTransactions } from "../faults/lies";
import { CALM, type Weather } from "../faults/proxy";
import { BLOCK_MS } from "../market/market";
import type { ChaosMarket } from "../market/market";
import type { Scenario, Scene } from "../scenario";

/**
 * Takes the last blocks back; what was in them is gone, as on a chain whose other branch did not have it.
 * @param before called when they are there, and are to go
 */
export async function reorg(
  market: ChaosMarket,
  blocks: number,
  before: () => void = () => {},
): Promise<void> {
  const { chain } = market;
  const snapshot = await chain.snapshot();
  await delay(blocks * BLOCK_MS);
  await market.mineEvery(0);
  before();
  await chain.revert({ id: snapshot });
  // The node's clock came back to the snapshot's, or ran on: it is set to the machine's.
  await chain.setNextBlockTimestamp({ timestamp: BigInt(Math.floor(Date.now() / 1000)) });
  await market.mineEvery(BLOCK_MS);
}

/** Waits until so many tasks of the workflow are done, or more, as its coordinator sees it. */
export async function tasksDone(scene: Scene, count: number): Promise<boolean> {
  const workflow = await scene.workflow;
  return scene.until(async () => {
    const path = `${scene.market.front.url}/v1/workflows/${workflow}`;
    const answer = await fetch(path).catch(() => undefined);
    if (!answer?.ok) return false;
    const { counts } = (await answer.json()) as { counts: Record<string, number> };
    return (counts.done ?? 0) >= count;
  });
}

/** Until claims that were taken back have new tickets, and no longer than these can be used, milliseconds. */
const MUTE_MS = 4_000;

/**
 * Takes claims back, again and again, while their operators can't send: some can be made again only with their new tickets.
 * @param doneBefore when: once so many tasks are done
 */
export function withLateClaims(
  inflict: Scenario["inflict"],
  doneBefore: number[],
): Pick<Scenario, "patience" | "inflict"> {
  return {
    // Operators that can't send are late with what they have claimed before.
    patience: { claimSeconds: 60, silenceSeconds: 8, windowSeconds: 12 },
    async inflict(scene) {
      const { market } = scene;
      const weather = (of: Weather) => {
        for (const { rpc } of market.operators) rpc.weather = of;
      };
      const inflicted = inflict(scene);
      for (const done of doneBefore) {
        if (!(await tasksDone(scene, done))) break;
        await reorg(market, 4, () => weather(takesNoTransactions));
        await delay(MUTE_MS);
        weather(CALM);
        scene.note(`no claim for ${MUTE_MS} ms with ${done} tasks done`);
      }
      await inflicted;
    },
  };
}

/** The coordinator dies, and its database with it; its artifacts stay. */
export async function loseDatabase(market: ChaosMarket): Promise<void> {
  await market.coordinator.end("SIGKILL");
  for (const end of ["", "-wal", "-shm"])
    await rm(join(market.dataDir, `coordinator.sqlite${end}`), { force: true });
  await market.coordinator.start();
}

export const chainScenarios: Scenario[] = [
  {
    name: "the last blocks are reorganised away, three times",
    anchor: "Nonce contention between concurrent transactions (boundless #394, sp1 #1977)",
    async inflict(scene) {
      for (const done of [1, 5, 10]) {
        if (!(await tasksDone(scene, done))) break;
        await reorg(scene.market, 4);
        scene.note(`reorganised with ${done} tasks done`);
      }
    },
  },
  {
    name: "claims are reorganised away while nobody can make them again",
    ...withLateClaims(() => Promise.resolve(), [1, 4, 7]),
  },
  {
    name: "the coordinator's database is lost with tasks in flight",
    anchor: "Restarting the requester re-bought or lost proofs already paid for (op-succinct #749)",
    async inflict(scene) {
      if (!(await tasksDone(scene, 4))) return;
      await loseDatabase(scene.market);
      scene.note("lost the database with 4 tasks done");
    },
  },
];
