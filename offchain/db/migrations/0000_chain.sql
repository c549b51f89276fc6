CREATE TABLE `chain_accounts` (
	`address` text PRIMARY KEY NOT NULL,
	`free` text NOT NULL,
	`locked` text NOT NULL,
	`owed` text NOT NULL,
	`unbonding` text NOT NULL,
	`unbonding_at` integer
);
--> statement-breakpoint
CREATE TABLE `chain_batches` (
	`operator` text NOT NULL,
	`slot` text NOT NULL,
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
	`root` text NOT NULL,
	`head` text NOT NULL,
	`tail` text NOT NULL,
	`state` text NOT NULL,
	`matures_at` integer,
	`commitments_json` text NOT NULL,
	`struck_json` text NOT NULL,
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
CREATE TABLE `chain_events` (
	`block` integer NOT NULL,
	`log_index` integer NOT NULL,
	`tx` text NOT NULL,
	`name` text NOT NULL,
	`args_json` text NOT NULL,
	`workflow` integer,
	`timestamp` integer NOT NULL,
	PRIMARY KEY(`block`, `log_index`)
);
--> statement-breakpoint
CREATE INDEX `chain_events_workflow` ON `chain_events` (`workflow`);--> statement-breakpoint
CREATE TABLE `chain_identity` (
	`id` integer PRIMARY KEY NOT NULL,
	`chain_id` integer NOT NULL,
	`market` text NOT NULL,
	`from_block` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `chain_tasks` (
	`workflow` integer NOT NULL,
	`task` integer NOT NULL,
	`operator` text NOT NULL,
	`slot` text NOT NULL,
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
	`completion_tx` text,
	`statement_digest` text
);
--> statement-breakpoint
CREATE INDEX `chain_workflows_coordinator` ON `chain_workflows` (`coordinator`,`status`);--> statement-breakpoint
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
CREATE INDEX `transactions_state` ON `transactions` (`state`,`nonce`);