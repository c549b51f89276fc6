import type { Client } from "../../sdk";
import type { Pipeline } from "../profiles";

/** A workflow of the main job on its way through the market. */
export interface Job {
  pipeline: Pipeline;
  /** The requester's. */
  client: Client;
  id: number;
}
