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
	`ended_at` integer,
	`report_json` text,
	`verdict` text,
	`verdict_reason` text,
	`release` text,
	`verdict_seen` integer NOT NULL,
	`challenge` text,
	PRIMARY KEY(`workflow`, `task`, `attempt`)
);
--> statement-breakpoint
CREATE INDEX `work_attempts_verdicts` ON `work_attempts` (`operator`,`verdict_seen`);--> statement-breakpoint
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
	`failed` integer NOT NULL,
	PRIMARY KEY(`program`, `operator`)
);
--> statement-breakpoint
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
	`claimable_until` integer NOT NULL,
	`result` text,
	`outputs_json` text,
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
	`settled` integer NOT NULL
);
