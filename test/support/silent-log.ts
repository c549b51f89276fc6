import type { CoordinatorLog } from "../../offchain/coordinator/facade";

/** A log that says nothing. */
export const silentLog: CoordinatorLog = { info() {}, warn() {}, error() {} };
