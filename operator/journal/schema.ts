/** Who calls it: journal.ts. Tables of the operator's journal; a new version appends a migration. */

/** Each entry is applied once, in order; its position is the schema's version. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE assignments (
    workflow INTEGER NOT NULL,
    root TEXT NOT NULL,
    json TEXT NOT NULL,
    claim TEXT NOT NULL CHECK (claim IN ('wanted', 'claimed', 'given_up')),
    closed INTEGER NOT NULL DEFAULT 0,
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (workflow, root)
  ) STRICT;
  CREATE INDEX assignments_open ON assignments (closed);

  CREATE TABLE tasks (
    workflow INTEGER NOT NULL,
    task INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    root TEXT NOT NULL,
    phase TEXT NOT NULL,
    result TEXT,
    usage TEXT,
    reason TEXT,
    release TEXT,
    verdict TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workflow, task, attempt)
  ) STRICT;
  CREATE INDEX tasks_by_root ON tasks (workflow, root);

  CREATE TABLE signatures (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    message TEXT NOT NULL,
    signature TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
  ) STRICT;

  CREATE TABLE transactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    raw TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('signed', 'included', 'reverted', 'replaced')),
    signed_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX transactions_open ON transactions (state);

  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    started_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE durations (
    program TEXT PRIMARY KEY,
    runs INTEGER NOT NULL,
    mean_ms REAL NOT NULL
  ) STRICT;

  CREATE TABLE chain_view (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    market TEXT NOT NULL,
    block INTEGER NOT NULL,
    hash TEXT NOT NULL,
    slots TEXT NOT NULL
  ) STRICT;
  `,
  // The view can be read again from the chain. Assignments of before are of markets of another protocol.
  `
  DROP TABLE chain_view;
  CREATE TABLE chain_view (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    market TEXT NOT NULL,
    operator TEXT NOT NULL,
    block INTEGER NOT NULL,
    hash TEXT NOT NULL,
    state TEXT NOT NULL
  ) STRICT;
  UPDATE assignments SET closed = 1;
  `,
  // Receipts are signed for many results at once. What was signed before is of markets of another protocol, as are assignments.
  `
  DROP TABLE signatures;
  CREATE TABLE signed_results (
    market TEXT NOT NULL,
    workflow INTEGER NOT NULL,
    task INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    result TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    PRIMARY KEY (market, workflow, task, attempt)
  ) STRICT, WITHOUT ROWID;
  UPDATE assignments SET closed = 1;
  `,
  `
  CREATE TABLE deposits (
    hash TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    target TEXT NOT NULL,
    refill TEXT NOT NULL,
    signed_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX deposits_by_account ON deposits (account, signed_at);
  `,
];
