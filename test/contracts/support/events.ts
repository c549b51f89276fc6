import type { LogDescription } from "ethers";

/** An event as one object, to be compared deeply. */
export const told = (event: LogDescription): Record<string, unknown> => ({
  name: event.name,
  ...event.args.toObject(true),
});
