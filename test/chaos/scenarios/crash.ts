import { setTimeout as delay } from "node:timers/promises";
import {
  CANARY_POINTS,
  CHALLENGE_POINTS,
  COPY_POINTS,
  CRASH_POINTS,
  EXPIRY_POINTS,
  FAILURE_POINTS,
  LUCKY_POINTS,
  REFUSAL_POINTS,
  RENEWAL_POINTS,
  WHO,
  type Who,
} from "../crash-points";
import type { Scenario } from "../scenario";
import { withLateClaims } from "./chain";
import { withBadOperator, withLateOperator, withSlowOperator, type Spoilt } from "./operators";

type Hand = Record<Who, string[]>;

/** Scenarios that share the crash points, every second of them with a final proof. */
const PARTS = 4;
/** How often steps that a workflow did not come to once more are tried with another. */
const MOST_TRIES = 3;
/** How long after the workflow's settlement its last steps are waited for; and a canary, for which a machine has to have nothing to do. */
const LINGER_MS = 4_000;
const CANARY_LINGER_MS = 60_000;
const LOOK_MS = 50;

/** The coordinator sends a transaction only when no proof completes the workflow. */
const WITHOUT_FINAL = /send finish|transactions (sent|mined)/;
const WITH_FINAL = /submitFinal/;

const isFinal = (part: number) => part % 2 === 0;

/** Deals steps out so that those of one part are far apart in a workflow's life. */
function deal(): Hand[] {
  const hands = Array.from({ length: PARTS }, (): Hand => ({ coordinator: [], operators: [] }));
  for (const who of WHO)
    for (const step of CRASH_POINTS[who]) {
      const takes = (part: number) =>
        isFinal(part) ? !WITHOUT_FINAL.test(step) : !WITH_FINAL.test(step);
      const open = hands.filter((_, part) => takes(part));
      const least = Math.min(...open.map((hand) => hand[who].length));
      open.find((hand) => hand[who].length === least)![who].push(step);
    }
  return hands;
}

/**
 * Kills whoever reaches a step, at each of them once: all are armed from the start, so that a process dies again and again, each time
 * a bit further on. Steps that nobody came to are tried with another workflow; but for those that are come to by luck.
 */
function killAtEach(
  name: string,
  final: boolean,
  hand: Hand,
  { tries = 1, lingerMs = LINGER_MS } = {},
): Scenario {
  let left = hand;
  const missed = () => WHO.flatMap((who) => left[who].map((step) => `${who} ${step}`));
  return {
    name,
    final,
    anchor:
      "Fulfilling orders that were already fulfilled after a restart (boundless #1304); jobs stayed locked for hours after a crash (zksync-era #4782); restarting the requester re-bought proofs already paid for (op-succinct #749)",
    async inflict(scene) {
      const { market } = scene;
      const missing = (who: Who) => market.armed(who).filter((step) => hand[who].includes(step));
      const armed = () => WHO.some((who) => missing(who).length > 0);
      for (const who of WHO)
        for (const step of [...hand[who], ...LUCKY_POINTS[who]]) market.crashAt(who, step);
      await scene.until(() => !armed());
      for (const end = Date.now() + lingerMs; armed() && Date.now() < end;) await delay(LOOK_MS);
      left = { coordinator: missing("coordinator"), operators: missing("operators") };
      for (const step of missed()) scene.note(`nobody came to be killed: ${step}`);
    },
    judge: () =>
      tries < MOST_TRIES
        ? []
        : missed().map((step) => `nobody came to be killed in ${tries} workflows: ${step}`),
    rest: () =>
      missed().length > 0 && tries < MOST_TRIES
        ? killAtEach(`${name}, try ${tries + 1}`, final, left, { tries: tries + 1, lingerMs })
        : undefined,
  };
}

/** What is wrong can be challenged for longer than a coordinator takes that dies twice before it does. */
const LONG_WINDOW_SECONDS = 30;

/** The same for the steps that it takes an operator to come to that spoils everything; if it is given something, else with the next workflow. */
function withBad(result: Spoilt, kill: Scenario): Scenario {
  const bad = withBadOperator(result, (scene) => kill.inflict(scene));
  return {
    ...kill,
    ...bad,
    ...(result === "garbage" && {
      patience: { ...bad.patience!, windowSeconds: LONG_WINDOW_SECONDS },
    }),
    judge: (scene) => kill.judge?.(scene) ?? [],
    rest: () => {
      const rest = kill.rest?.();
      return rest && withBad(result, rest);
    },
  };
}

/** The same for the steps that it takes a straggler to come to. */
function withSlow(kill: Scenario): Scenario {
  const slow = withSlowOperator((scene) => kill.inflict(scene));
  return {
    ...kill,
    ...slow,
    judge: async (scene) => [
      ...((await slow.judge?.(scene)) ?? []),
      ...((await kill.judge?.(scene)) ?? []),
    ],
    rest: () => {
      const rest = kill.rest?.();
      return rest && withSlow(rest);
    },
  };
}

/** The same for the steps that it takes a claim that runs out, and a newcomer, to come to. */
function withLate(kill: Scenario): Scenario {
  return {
    ...kill,
    ...withLateOperator((scene) => kill.inflict(scene)),
    rest: () => {
      const rest = kill.rest?.();
      return rest && withLate(rest);
    },
  };
}

/** The same for the steps that it takes a claim to come to that is made again. */
function withRenewals(kill: Scenario): Scenario {
  return {
    ...kill,
    // Once: with a coordinator that dies each time, a claim that is lost again and again is not made in time.
    ...withLateClaims((scene) => kill.inflict(scene), [4]),
    rest: () => {
      const rest = kill.rest?.();
      return rest && withRenewals(rest);
    },
  };
}

const LATE_POINTS: Hand = {
  coordinator: [...EXPIRY_POINTS.coordinator, ...CANARY_POINTS.coordinator],
  operators: [...EXPIRY_POINTS.operators, ...CANARY_POINTS.operators],
};

/** `kill -9` before and after every write, send, upload, answer and signature. */
export const crashScenarios: Scenario[] = [
  ...deal().map((hand, part) =>
    killAtEach(`kill -9 at every step, part ${part + 1}`, isFinal(part), hand),
  ),
  withBad(
    "nothing",
    killAtEach("kill -9 at every step of a task that fails", true, FAILURE_POINTS),
  ),
  withBad("garbage", killAtEach("kill -9 at every step of a challenge", true, CHALLENGE_POINTS)),
  withBad(
    "lists",
    killAtEach("kill -9 at every step of a result that is refused", true, REFUSAL_POINTS),
  ),
  withLate(
    killAtEach("kill -9 at every step of a late claim's end and of a canary", true, LATE_POINTS, {
      lingerMs: CANARY_LINGER_MS,
    }),
  ),
  withRenewals(
    killAtEach("kill -9 at every step of a claim that is made again", true, RENEWAL_POINTS),
  ),
  withSlow(killAtEach("kill -9 at every step of a straggler's end", true, COPY_POINTS)),
];
