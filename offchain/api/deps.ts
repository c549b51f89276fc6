import type { Registry } from "prom-client";
import type { TypedDataDomain } from "viem";
import type { MarketInfo } from "../../protocol/http";
import type { ArtifactStore } from "../artifacts/artifact-store";
import type { Coordinator, CoordinatorLog, Validator } from "../coordinator/facade";
import type { Db } from "../db/client";
import type { Clock } from "../runtime/clock";
import type { Estimator } from "../simulate/estimate/estimator";
import type { Lifecycle } from "./lifecycle";
import type { RequestNonces } from "./nonces";

/** How well the coordinator keeps up, for GET /v1/status. */
export interface Health {
  /** Block that the state stands for, and its Unix time in seconds; null before the first one. */
  block: number | null;
  blockTime: number | null;
  /** The chain's newest block at the last look; null before the first. */
  head: number | null;
  /** Unix ms of the last look at the chain that worked. */
  polledAt: number;
  /** Looks that failed since then. */
  failures: number;
}

/** What the routes work with. */
export interface ApiDeps {
  db: Db;
  nonces: RequestNonces;
  store: ArtifactStore;
  coordinator: Coordinator;
  estimator: Pick<Estimator, "estimate">;
  validator: Pick<Validator, "has">;
  market: MarketInfo;
  domain: TypedDataDomain;
  clock: Clock;
  log: CoordinatorLog;
  health(): Health;
  metrics: { registry: Registry };
  lifecycle: Lifecycle;
  /** Most blocks that the state may lag behind the chain's head while the coordinator counts as ready. */
  maxBehind: number;
  /** Largest artifact that is taken, bytes. */
  maxArtifactBytes: number;
}
