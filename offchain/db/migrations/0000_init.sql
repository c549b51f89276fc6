CREATE TABLE `artifact_names` (
	`digest` text NOT NULL,
	`workflow` integer NOT NULL,
	PRIMARY KEY(`digest`, `workflow`)
);
--> statement-breakpoint
CREATE INDEX `artifact_names_workflow` ON `artifact_names` (`workflow`);--> statement-breakpoint
CREATE TABLE `artifact_workflows` (
	`workflow` integer PRIMARY KEY NOT NULL,
	`keep_until` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `artifact_workflows_keep_until` ON `artifact_workflows` (`keep_until`);--> statement-breakpoint
CREATE TABLE `artifacts` (
	`digest` text PRIMARY KEY NOT NULL,
	`leaves_at` integer
);
--> statement-breakpoint
CREATE INDEX `artifacts_leaves_at` ON `artifacts` (`leaves_at`);--> statement-breakpoint
CREATE TABLE `chain_accounts` (
	`address` text PRIMARY KEY NOT NULL,
	`free` text NOT NULL,
	`locked` text NOT NULL,
	`owed` text NOT NULL,
	`unbonding` text NOT NULL,
	`unbonding_at` integer,
	`delegate` text,
	`heard_block` integer
);
--> statement-breakpoint
CREATE TABLE `chain_batches` (
	`operator` text NOT NULL,
	`slot` integer NOT NULL,
	`workflow` integer NOT NULL,
	`step` integer NOT NULL,
	`attempt` integer NOT NULL,
	`word` integer NOT NULL,
	`mask` text NOT NULL,
	`price` text NOT NULL,
	`bond` text NOT NULL,
	`deadline` integer NOT NULL,
	`rule` integer NOT NULL,
	`window` integer NOT NULL,
	`open` integer NOT NULL,
	`root` text NOT NULL,
	`judge_hash` text NOT NULL,
	`money` text NOT NULL,
	`scope` text NOT NULL,
	`state` text NOT NULL,
	`matures_at` integer,
	`commitments_json` text NOT NULL,
	`removed_json` text NOT NULL,
	`voided_json` text NOT NULL,
	`block` integer NOT NULL,
	PRIMARY KEY(`operator`, `slot`)
);
--> statement-breakpoint
CREATE INDEX `chain_batches_workflow` ON `chain_batches` (`workflow`,`state`);--> statement-breakpoint
CREATE TABLE `chain_blocks` (
	`number` integer PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`parent_hash` text NOT NULL,
	`timestamp` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `chain_disputes` (
	`key` text PRIMARY KEY NOT NULL,
	`workflow` integer NOT NULL,
	`task` integer NOT NULL,
	`attempt` integer NOT NULL,
	`operator` text NOT NULL,
	`slot` integer NOT NULL,
	`price` text NOT NULL,
	`bond` text NOT NULL,
	`window` integer NOT NULL,
	`is_void` integer NOT NULL,
	`phase` text NOT NULL,
	`closes_at` integer,
	`draw_block` integer,
	`caller` text,
	`caller_bond` text NOT NULL,
	`jurors_json` text NOT NULL,
	`votes_json` text NOT NULL,
	`verdict` integer,
	`fees` text NOT NULL,
	`block` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `chain_disputes_workflow` ON `chain_disputes` (`workflow`,`phase`);--> statement-breakpoint
CREATE TABLE `chain_event_workflows` (
	`workflow` integer NOT NULL,
	`block` integer NOT NULL,
	`log_index` integer NOT NULL,
	PRIMARY KEY(`workflow`, `block`, `log_index`)
);
--> statement-breakpoint
CREATE TABLE `chain_events` (
	`block` integer NOT NULL,
	`log_index` integer NOT NULL,
	`tx` text NOT NULL,
	`name` text NOT NULL,
	`args_json` text NOT NULL,
	`timestamp` integer NOT NULL,
	PRIMARY KEY(`block`, `log_index`)
);
--> statement-breakpoint
CREATE TABLE `chain_identity` (
	`id` integer PRIMARY KEY NOT NULL,
	`chain_id` integer NOT NULL,
	`market` text NOT NULL,
	`from_block` integer NOT NULL,
	`made_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `chain_tasks` (
	`workflow` integer NOT NULL,
	`task` integer NOT NULL,
	`operator` text NOT NULL,
	`slot` integer NOT NULL,
	`step` integer NOT NULL,
	`attempt` integer NOT NULL,
	`pay` text NOT NULL,
	`root` text NOT NULL,
	`deadline` integer NOT NULL,
	`commitment` text,
	`matures_at` integer,
	`block` integer NOT NULL,
	PRIMARY KEY(`workflow`, `task`)
);
--> statement-breakpoint
CREATE INDEX `chain_tasks_pay` ON `chain_tasks` (`workflow`,`pay`);--> statement-breakpoint
CREATE TABLE `chain_undo` (
	`block` integer NOT NULL,
	`table_name` text NOT NULL,
	`key` text NOT NULL,
	`former_json` text,
	PRIMARY KEY(`block`, `table_name`, `key`)
);
--> statement-breakpoint
CREATE TABLE `chain_workflows` (
	`workflow` integer PRIMARY KEY NOT NULL,
	`requester` text NOT NULL,
	`coordinator` text NOT NULL,
	`spec_hash` text NOT NULL,
	`key` text NOT NULL,
	`fee_bps` integer NOT NULL,
	`deadline` integer NOT NULL,
	`escrow` text NOT NULL,
	`spent` text NOT NULL,
	`refunded` text NOT NULL,
	`fee_paid` text NOT NULL,
	`status` integer NOT NULL,
	`steps_json` text NOT NULL,
	`opened_block` integer NOT NULL,
	`opened_at` integer NOT NULL,
	`ended_at` integer,
	`silence_delay` integer NOT NULL,
	`silent_at` integer,
	`silent_by` text,
	`completion_tx` text,
	`statement_digest` text,
	`result_digest` text
);
--> statement-breakpoint
CREATE INDEX `chain_workflows_coordinator` ON `chain_workflows` (`coordinator`,`status`);--> statement-breakpoint
CREATE TABLE `chain_evidence` (
	`operator` text NOT NULL,
	`program` text NOT NULL,
	`kind` text NOT NULL,
	`day` integer NOT NULL,
	`tasks` integer NOT NULL,
	PRIMARY KEY(`operator`, `program`, `kind`, `day`)
);
--> statement-breakpoint
CREATE TABLE `chain_programs` (
	`spec_hash` text PRIMARY KEY NOT NULL,
	`programs_json` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `request_nonces` (
	`nonce` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `request_nonces_expiry` ON `request_nonces` (`expires_at`);--> statement-breakpoint
CREATE TABLE `transactions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`purpose` text NOT NULL,
	`to` text NOT NULL,
	`data` text NOT NULL,
	`value` text NOT NULL,
	`nonce` integer NOT NULL,
	`signed_json` text NOT NULL,
	`state` text NOT NULL,
	`hash` text,
	`block` integer,
	`sent_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `transactions_purpose_unique` ON `transactions` (`purpose`);--> statement-breakpoint
CREATE INDEX `transactions_state` ON `transactions` (`state`,`nonce`);--> statement-breakpoint
CREATE TABLE `work_assignments` (
	`root` text PRIMARY KEY NOT NULL,
	`workflow` integer NOT NULL,
	`operator` text NOT NULL,
	`body_json` text NOT NULL,
	`decision` text NOT NULL,
	`live` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `work_assignments_live` ON `work_assignments` (`live`);--> statement-breakpoint
CREATE INDEX `work_assignments_workflow` ON `work_assignments` (`workflow`);--> statement-breakpoint
CREATE TABLE `work_attempts` (
	`workflow` integer NOT NULL,
	`task` integer NOT NULL,
	`attempt` integer NOT NULL,
	`operator` text NOT NULL,
	`root` text NOT NULL,
	`state` text NOT NULL,
	`outcome` text,
	`reason` text,
	`booked` integer NOT NULL,
	`assigned_at` integer NOT NULL,
	`started_at` integer,
	`computed_at` integer,
	`ended_at` integer,
	`standby` text,
	`report_json` text,
	`verdict` text,
	`verdict_reason` text,
	`release` text,
	`verdict_seen` integer NOT NULL,
	`challenge` text,
	PRIMARY KEY(`workflow`, `task`, `attempt`)
);
--> statement-breakpoint
CREATE TABLE `work_canaries` (
	`canary` text PRIMARY KEY NOT NULL,
	`operator` text NOT NULL,
	`workflow` integer NOT NULL,
	`task` integer NOT NULL,
	`known` text NOT NULL,
	`offer_json` text NOT NULL,
	`state` text NOT NULL,
	`offered_at` integer NOT NULL,
	`taken_at` integer,
	`ended_at` integer,
	`result` text,
	`wall_ms` real,
	`reason` text
);
--> statement-breakpoint
CREATE TABLE `work_decisions` (
	`digest` text PRIMARY KEY NOT NULL,
	`workflow` integer NOT NULL,
	`decided_at` integer NOT NULL,
	`record_json` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `work_decisions_workflow` ON `work_decisions` (`workflow`,`decided_at`);--> statement-breakpoint
CREATE TABLE `work_durations` (
	`program` text NOT NULL,
	`operator` text NOT NULL,
	`runs` integer NOT NULL,
	`mean_ms` real NOT NULL,
	`size` real NOT NULL,
	`failed` integer NOT NULL,
	`canaries_right` integer NOT NULL,
	`canaries_wrong` integer NOT NULL,
	PRIMARY KEY(`program`, `operator`)
);
--> statement-breakpoint
CREATE TABLE `work_growths` (
	`program` text PRIMARY KEY NOT NULL,
	`origin` integer NOT NULL,
	`slope` real NOT NULL,
	`seen` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `work_memory` (
	`place` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`work` text NOT NULL,
	`result` text NOT NULL,
	`workflow` integer NOT NULL,
	`task` integer NOT NULL,
	`attempt` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `work_memory_work_unique` ON `work_memory` (`work`);--> statement-breakpoint
CREATE TABLE `work_operators` (
	`address` text PRIMARY KEY NOT NULL,
	`registration_json` text NOT NULL,
	`last_seen` integer NOT NULL,
	`last_assigned_at` integer NOT NULL,
	`done` integer NOT NULL,
	`failed` integer NOT NULL,
	`struck` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `work_tasks` (
	`workflow` integer NOT NULL,
	`task` integer NOT NULL,
	`state` text NOT NULL,
	`pending` integer NOT NULL,
	`attempt` integer NOT NULL,
	`failures` integer NOT NULL,
	`refusals_json` text NOT NULL,
	`avoid_json` text NOT NULL,
	`not_before` integer NOT NULL,
	`rises` integer NOT NULL,
	`claimable_until` integer NOT NULL,
	`left_out` text,
	`result` text,
	`outputs_json` text,
	`reused_json` text,
	`reason` text,
	`ended_at` integer,
	PRIMARY KEY(`workflow`, `task`)
);
--> statement-breakpoint
CREATE TABLE `work_workflows` (
	`workflow` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`reason` text,
	`version` integer NOT NULL,
	`ended_at` integer,
	`attempts` integer NOT NULL,
	`settled` integer NOT NULL,
	`paused` integer NOT NULL
);
