/** Who calls it: coordinator and operator at the start. The one place that loads the library: nobody who sends no spans pays for it. */
import type { Tracing } from "./spans";

/** @param endpoint where to send spans; undefined: nowhere @returns undefined where nothing is to be sent */
export async function openTracing(
  service: string,
  endpoint: string | undefined,
): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined;
  return (await import("./tracing")).createTracing(service, endpoint);
}
