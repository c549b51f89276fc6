/** Who calls it: main.ts makes the process's logger; every part gets it, or a child with its own fields, passed in. */
import pino, { destination, type Logger } from "pino";

export type Log = Logger;

/** Structured log on stderr: stdout belongs to the ready line. */
export function createLog(level: string, name: string): Log {
  return pino(
    { level, base: { operator: name }, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ fd: 2, sync: true }),
  );
}
