import pino, { destination, stdTimeFunctions, type Logger } from "pino";

/** Structured log, JSON lines on stderr: stdout belongs to the line that says where the API listens. */
export function createLog(level: string): Logger {
  return pino(
    {
      level,
      base: { service: "coordinator" },
      timestamp: stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err },
    },
    destination({ fd: 2, sync: true }),
  );
}
