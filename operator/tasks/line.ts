/** Who calls it: the task runner, and the workload that intake foretells from. Which holdings' tasks are run, the first first. */
import type { Holding } from "../holdings/phase";

/** In the order of acceptance. @param undecided holdings in that order */
export const inLine = (undecided: Holding[]): Holding[] =>
  undecided.filter(({ claim }) => claim !== "given_up");
