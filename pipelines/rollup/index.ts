export { makeDemoBatch, type DemoBatch, type DemoBatchOptions } from "./demo-batch";
export { rollupWorkflow, type RollupOptions } from "./workflow";
