import type { Scenario } from "../scenario";
import { chainScenarios } from "./chain";
import { crashScenarios } from "./crash";
import { networkScenarios } from "./network";
import { operatorScenarios } from "./operators";
import { randomScenarios } from "./random";
import { undisturbed } from "./undisturbed";

/** Played every time, in this order; what stands together, on one market without anything before it. */
export const FIXED: Scenario[][] = [
  undisturbed,
  ...[...crashScenarios, ...operatorScenarios, ...chainScenarios, ...networkScenarios].map(
    (one) => [one],
  ),
];

/** Mixes by a seed. */
export const RANDOM: Scenario[] = randomScenarios;
