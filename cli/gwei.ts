import { InvalidArgumentError } from "commander";
import { parseGwei } from "viem";

/** Reads gwei from the command line, e.g. "2" or "0.5". @returns wei @throws InvalidArgumentError */
export function gwei(text: string): bigint {
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text))
    throw new InvalidArgumentError("It must be a number of gwei.");
  return parseGwei(text);
}
