import type { Site } from "../ast";
import type { Edit } from "../source-text";

/** A kind of mistake: says, for a place in the syntax tree, how it would look there. */
export interface Operator {
  name: string;
  mutate(site: Site): Edit[];
}
