import { isStale, missesLogs, saysFailed } from "../faults/lies";
import { storm, type Storm, type Weather } from "../faults/proxy";
import type { Scenario, Scene } from "../scenario";

export const STORM: Storm = {
  dropRequest: 0.05,
  dropAnswer: 0.05,
  duplicate: 0.1,
  delay: 0.3,
  delayMs: 200,
};

/** The weather for the whole workflow, on the ways to the chain, to the coordinator, or both. */
function weather(
  scene: Scene,
  ways: ("chain" | "coordinator")[],
  of: () => Weather,
): Promise<unknown> {
  const { market } = scene;
  if (ways.includes("chain")) {
    market.coordinatorRpc.weather = of();
    for (const { rpc } of market.operators) rpc.weather = of();
  }
  if (ways.includes("coordinator")) for (const { http } of market.operators) http.weather = of();
  return scene.until(() => false);
}

const nodes =
  (of: (scene: Scene) => Weather) =>
  async (scene: Scene): Promise<void> => {
    await weather(scene, ["chain"], () => of(scene));
  };

export const networkScenarios: Scenario[] = [
  {
    name: "requests are dropped, delayed, doubled and reordered",
    anchor: "A client time-out re-requested and deepened the backlog (op-succinct #250)",
    async inflict(scene) {
      await weather(scene, ["chain", "coordinator"], () => storm(scene.random, STORM));
    },
  },
  {
    name: "the node says that transactions failed, and they landed",
    final: false,
    anchor:
      "A lock transaction was reported failed, landed anyway, and the operator was slashed (boundless #547)",
    inflict: nodes(saysFailed),
  },
  {
    name: "the node misses logs",
    anchor:
      "Fulfilling orders that were already fulfilled after a log look-back gap (boundless #1304)",
    inflict: nodes(({ random }) => missesLogs(random, 0.3)),
  },
  {
    name: "the node is some blocks behind, now and then",
    inflict: nodes(({ random, market }) => isStale(random, market.rpcUrl, 3)),
  },
];
