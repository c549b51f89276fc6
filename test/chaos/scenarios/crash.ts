import { CRASH_POINTS, type Who } from "../crash-points";
import type { Scenario, Scene } from "../scenario";

/** Scenarios that share the crash points, every second of them with a final proof. */
const SCENARIOS = 10;

/** Only an operator that starts comes here. */
const AT_START = /POST \/v1\/operators$|work_operators$/;
/** The coordinator sends a transaction only when no proof completes the workflow. */
const WITHOUT_FINAL = /send finish|transactions (sent|mined)/;
const WITH_FINAL = /submitFinal/;

/** Kills whoever reaches the steps, one after another. @returns those that were not reached */
export async function killAtEach(
  scene: Scene,
  who: Who,
  steps: readonly string[],
): Promise<readonly string[]> {
  const { market } = scene;
  for (const [i, step] of steps.entries()) {
    market.crashAt(who, step);
    if (AT_START.test(step)) market.operators[0]!.process.kill();
    if (!(await scene.until(() => !market.isArmed(who)))) return steps.slice(i);
    scene.note(`${who} killed ${step}`);
  }
  return [];
}

const isFinal = (scenario: number) => scenario % 2 === 0;

/** Deals steps out so that those of one scenario are far apart in a workflow's life, and each comes after the one before. */
function deal(who: Who): string[][] {
  const hands: string[][] = Array.from({ length: SCENARIOS }, () => []);
  for (const step of CRASH_POINTS[who]) {
    const takes = (i: number) => (isFinal(i) ? !WITHOUT_FINAL.test(step) : !WITH_FINAL.test(step));
    const open = hands.filter((_, i) => takes(i));
    const least = Math.min(...open.map((hand) => hand.length));
    open.find((hand) => hand.length === least)!.push(step);
  }
  return hands;
}

/** `kill -9` before and after every write, send, upload, answer and signature. */
const coordinators = deal("coordinator");
const operators = deal("operators");

export const crashScenarios: Scenario[] = coordinators.map((steps, i) => ({
  name: `kill -9 at every step, part ${i + 1}`,
  final: isFinal(i),
  anchor:
    "Fulfilling orders that were already fulfilled after a restart (boundless #1304); jobs stayed locked for hours after a crash (zksync-era #4782); restarting the requester re-bought proofs already paid for (op-succinct #749)",
  async inflict(scene) {
    const missed = await Promise.all([
      killAtEach(scene, "coordinator", steps),
      killAtEach(scene, "operators", operators[i]!),
    ]);
    for (const step of missed.flat()) scene.note(`nobody came to be killed ${step}`);
  },
}));
