import { setTimeout as delay } from "node:timers/promises";
import { CRASH_POINTS, type Who } from "../crash-points";
import { isStale, saysFailed } from "../faults/lies";
import { storm } from "../faults/proxy";
import { between, pick } from "../random";
import type { Scenario, Scene } from "../scenario";
import { loseDatabase, reorg, tasksDone } from "./chain";
import { STORM } from "./network";

type Fault = (scene: Scene) => Promise<void>;

const crash =
  (who: Who): Fault =>
  async ({ market, random, note, until }) => {
    const step = pick(random, CRASH_POINTS[who]);
    const count = between(random, 1, 4);
    market.crashAt(who, step, count);
    note(`${who} killed ${step}, at the ${count}. time`);
    const end = Date.now() + 5_000;
    await until(() => !market.armed(who).includes(step) || Date.now() > end);
  };

const FAULTS: Fault[] = [
  crash("coordinator"),
  crash("coordinator"),
  crash("operators"),
  crash("operators"),
  async ({ market, random, note }) => {
    note("a storm");
    for (const proxy of market.proxies()) proxy.weather = storm(random, STORM);
    await delay(3_000);
    market.calm();
  },
  async ({ market, random, note }) => {
    note("one node lies");
    const { rpc } = pick(random, [{ rpc: market.coordinatorRpc }, ...market.operators]);
    rpc.weather = random() < 0.5 ? saysFailed() : isStale(random, market.rpcUrl, 2);
    await delay(3_000);
    market.calm();
  },
  async ({ market, random, note }) => {
    const blocks = between(random, 1, 4);
    note(`${blocks} blocks are reorganised away`);
    await reorg(market, blocks);
  },
  async ({ market, random, note }) => {
    const { process } = pick(random, market.operators);
    note(`${process.name} stands still for a second`);
    process.signal("SIGSTOP");
    await delay(1_000);
    process.signal("SIGCONT");
  },
  async ({ market, note }) => {
    note("the database is lost");
    await loseDatabase(market);
  },
];

/** Three to six faults, one after another, while the workflow is under way. */
const mix: Scenario = {
  name: "a mix of faults",
  async inflict(scene) {
    const { random } = scene;
    const faults = between(random, 3, 6);
    for (let i = 0; i < faults; i++) {
      if (!(await tasksDone(scene, i))) return;
      await pick(random, FAULTS)(scene);
    }
  },
};

export const randomScenarios: Scenario[] = [
  mix,
  { ...mix, name: "a mix of faults, stragglers are copied", copies: true },
];
