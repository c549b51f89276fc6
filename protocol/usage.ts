import { z } from "zod";

/** What a run took of its machine. */
export const usageSchema = z.strictObject({
  wallMs: z.number().min(0),
  cpuMs: z.number().min(0),
  maxRssMb: z.number().min(0),
});
export type Usage = z.infer<typeof usageSchema>;
