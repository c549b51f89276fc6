/** The chain's tables without their prefix, but for the undo of blocks. */
export const TABLES = [
  "workflows",
  "batches",
  "tasks",
  "accounts",
  "disputes",
  "evidence",
  "events",
  "event_workflows",
  "blocks",
];
