import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { getAttempts, getOperators } from "../../../sdk";
import { childrenOf } from "../../support/processes";
import { takesNoTransactions } from "../faults/lies";
import { BAD_OPERATOR, type ChaosOperator } from "../market/market";
import type { Supervised } from "../market/supervised";
import { TASKS, type Patience } from "../market/workflow";
import { pick } from "../random";
import type { Scenario, Scene } from "../scenario";
import { tasksDone } from "./chain";

const run = promisify(execFile);

/** Short enough that a scenario can wait for what an operator that is gone still holds, and long enough for the others on a busy machine. */
const SHORT: Patience = { claimSeconds: 25, silenceSeconds: 4 };

/** Waits until the operator holds a claim. */
async function holdsClaim({ market, until }: Scene, { address }: ChaosOperator): Promise<boolean> {
  return until(async () => {
    const account = await market.accountOf(address);
    return account.locked > 0n;
  });
}

/** Sends a signal to what a process runs. */
function signalChildren(pid: number, signal: NodeJS.Signals): void {
  for (const child of childrenOf(pid)) {
    try {
      process.kill(child, signal);
    } catch {
      continue; // it has just ended
    }
    signalChildren(child, signal);
  }
}

/** Runs a process, and what it runs itself, for a tenth of the time, until the workflow has ended. */
async function slowDown(scene: Scene, slow: Supervised): Promise<void> {
  let over = false;
  void scene.until(() => false).then(() => (over = true));
  while (!over)
    for (const [signal, ms] of [
      ["SIGSTOP", 450],
      ["SIGCONT", 50], // shorter, and a busy machine may not come to it at all
    ] as const) {
      slow.signal(signal);
      signalChildren(slow.pid, signal);
      await delay(ms);
    }
}

/** What a bad operator puts out; see bad-operator.ts. */
export type Spoilt = "garbage" | "another" | "lists" | "nothing";

/**
 * One more operator, for this workflow alone, that spoils what it puts out. It calls itself the fastest, so that it is given tasks. */
export function withBadOperator(
  result: Spoilt,
  inflict: Scenario["inflict"] = () => Promise.resolve(),
): Pick<Scenario, "patience" | "guilty" | "prepare" | "inflict"> & {
  /** Whether it was given anything: who is asked is up to the matchmaker. */
  hasSpoilt(scene: Scene): Promise<boolean>;
} {
  let bad: ChaosOperator;
  return {
    // Of the final step, whose proof the contract refuses, it keeps its claim to the end.
    patience: { claimSeconds: 40, silenceSeconds: 8, windowSeconds: 12 },
    guilty: () => [bad.address],
    async prepare({ market }) {
      const env = { CHAOS_RESULT: result, FROBEN_SPEED: "100" };
      bad = await market.addOperator({ entry: BAD_OPERATOR, env });
    },
    async inflict(scene) {
      await inflict(scene);
      await scene.until(() => false);
      await scene.market.removeOperator(bad);
    },
    async hasSpoilt({ market }) {
      const operators = await getOperators(market.requester);
      const one = operators.find(({ address }) => address === bad.address.toLowerCase());
      return one !== undefined && one.failed > 0;
    },
  };
}

/** Workflows in one of which a bad operator must be given something. */
const MOST_TRIES = 3;

/** What a bad operator puts out is found out, and done again elsewhere. */
function spoilt(name: string, result: Spoilt, tries = 1): Scenario {
  const { hasSpoilt, ...bad } = withBadOperator(result);
  let again = false;
  return {
    name,
    ...bad,
    async judge(scene) {
      if (await hasSpoilt(scene)) return [];
      again = tries < MOST_TRIES;
      return again ? [] : [`the bad operator was given nothing to spoil in ${tries} workflows`];
    },
    rest: () => (again ? spoilt(name, result, tries + 1) : undefined),
  };
}

/** The operator that a scenario hits: the first one, which is asked as often as the others. */
const victim = ({ market }: Scene) => market.operators[0]!;

/** One operator is slow, and its tasks are copied. */
export function withSlowOperator(
  inflict: Scenario["inflict"] = () => Promise.resolve(),
): Pick<Scenario, "copies" | "inflict" | "judge"> {
  return {
    copies: true,
    async inflict(scene) {
      await Promise.all([slowDown(scene, victim(scene).process), inflict(scene)]);
    },
    async judge({ market, workflow, note }) {
      const attempts = await getAttempts(market.requester, await workflow);
      const copies = attempts.filter(({ standby }) => standby);
      note(`copies: ${copies.map(({ outcome }) => outcome).join(", ")}`);
      return copies.length > 0 ? [] : ["nothing was copied"];
    },
  };
}

/**
 * One operator can send nothing more once it has claimed: its results are used, and its claims run out. A newcomer is there from when
 * there are results that it can be asked for.
 */
export function withLateOperator(
  inflict: Scenario["inflict"],
): Pick<Scenario, "patience" | "guilty" | "unpaid" | "inflict"> {
  return {
    patience: { ...SHORT, silenceSeconds: 8 },
    guilty: ({ operators }) => [operators[0]!.address],
    unpaid: true,
    async inflict(scene) {
      const { market } = scene;
      const one = victim(scene);
      if (!(await holdsClaim(scene, one))) return;
      one.rpc.weather = takesNoTransactions;
      if (!(await tasksDone(scene, TASKS - 4))) return;
      const newcomer = await market.addOperator({ env: { FROBEN_CANARIES: "1" } });
      await inflict(scene);
      await scene.until(() => false);
      await market.removeOperator(newcomer);
    },
  };
}

export const operatorScenarios: Scenario[] = [
  {
    name: "one operator is ten times slower",
    inflict: (scene) => slowDown(scene, victim(scene).process),
  },
  {
    name: "one operator is ten times slower, and what it has is copied",
    ...withSlowOperator(),
  },
  {
    name: "one operator claims and falls silent",
    patience: SHORT,
    guilty: ({ operators }) => [operators[0]!.address],
    anchor: "A late report from an expired lease failed the new holder (sp1-cluster #182)",
    async inflict(scene) {
      const one = victim(scene);
      if (!(await holdsClaim(scene, one))) return;
      one.process.signal("SIGSTOP");
      scene.note("stopped while it held a claim");
      await tasksDone(scene, 12);
      one.process.signal("SIGCONT"); // and reports late
    },
  },
  spoilt("one operator returns garbage", "garbage"),
  spoilt("one operator returns another task's result", "another"),
  {
    name: "a third of the operators dies for good",
    patience: SHORT,
    guilty: ({ operators }) => [operators[0]!.address],
    anchor: "Jobs stayed locked for hours after a crash (zksync-era #4782)",
    async inflict(scene) {
      const one = victim(scene);
      if (!(await holdsClaim(scene, one))) return;
      await one.process.end("SIGKILL");
      scene.note("killed while it held a claim");
      await scene.until(() => false);
      await one.process.start(); // for the next workflow
    },
  },
  {
    name: "a third of the operators is disconnected for a while",
    async inflict(scene) {
      const one = victim(scene);
      if (!(await holdsClaim(scene, one))) return;
      one.http.weather = one.rpc.weather = async () => undefined;
      await delay(4_000);
      scene.market.calm();
    },
  },
  {
    name: "the disk is full for a while",
    async inflict(scene) {
      if (!(await tasksDone(scene, 2))) return;
      const hit = pick(scene.random, scene.market.processes());
      // No file may grow beyond this; a write that would gets EFBIG. The soft limit can be raised again by anybody.
      const limit = (bytes: string) =>
        run("prlimit", ["--pid", String(hit.pid), `--fsize=${bytes}:`]);
      await limit("16384");
      scene.note(`the disk of ${hit.name} is full`);
      await delay(4_000);
      if (hit.pid) await limit("unlimited");
    },
  },
];
