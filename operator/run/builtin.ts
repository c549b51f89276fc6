/**
 * Who calls it: operator.ts and the task runner. Programs that are part of the operator and run inside its process: no child, no
 * folder, no time. They are off unless the configuration names them; benches use them to measure everything around a program.
 */
import { digestOf, sha256, type Digest } from "../../protocol/digest";

export interface BuiltinProgram {
  /** By which specs name it; an installed program's digest can't be the same, because it is made of files. */
  digest: Digest;
  name: string;
  /** Bytes of every file that it puts out, whatever the task is. */
  output: Uint8Array;
}

const output = Buffer.from("nothing was done\n");

/** Does nothing, and puts the same few bytes out for each task. */
export const NOOP: BuiltinProgram = {
  name: "builtin/noop",
  digest: digestOf({ builtin: "noop", version: 1, output: sha256(output) }),
  output,
};

/** @param wanted the configuration @returns the built-in programs that may run, by digest */
export function builtinPrograms(wanted: { builtinNoop: boolean }): Map<Digest, BuiltinProgram> {
  return new Map(wanted.builtinNoop ? [[NOOP.digest, NOOP]] : []);
}
