import {
  ALL_STEPS,
  CHALLENGE_POINTS,
  COPY_POINTS,
  EXPIRY_POINTS,
  FAILURE_POINTS,
  LUCKY_POINTS,
  OTHERS,
  type Who,
} from "../crash-points";
import type { ChaosMarket } from "../market/market";
import type { Scenario } from "../scenario";

/** The list of crash points is the truth: all of them are reached when nothing is wrong, and nothing else is. */
function differences(market: ChaosMarket, who: Who): string[] {
  const reached = market.reached(who);
  const listed = new Set(ALL_STEPS[who]);
  const missing = [...listed].filter((name) => !reached.has(name));
  const busy = [FAILURE_POINTS, CHALLENGE_POINTS, LUCKY_POINTS, COPY_POINTS, EXPIRY_POINTS];
  const some = busy.flatMap((points) => points[who]);
  const others = new Set([...OTHERS, ...some]);
  const unknown = [...reached].filter((name) => !listed.has(name) && !others.has(name));
  return [
    ...missing.map((name) => `${who} never reached "${name}"`),
    ...unknown.map((name) => `${who} reached "${name}", which crash-points.ts does not name`),
  ];
}

/** Played first, on a fresh market. */
export const undisturbed: Scenario[] = [
  { name: "undisturbed, completed by finish", final: false, inflict: () => Promise.resolve() },
  {
    name: "undisturbed, completed by its proof",
    inflict: () => Promise.resolve(),
    judge: ({ market }) => [
      ...differences(market, "coordinator"),
      ...differences(market, "operators"),
    ],
  },
];
