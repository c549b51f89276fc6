CREATE TABLE `work_receipts` (
	`root` text PRIMARY KEY NOT NULL,
	`commitments_json` text NOT NULL,
	`signature` text NOT NULL
);
