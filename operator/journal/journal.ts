/**
 * Who calls it: everything that must survive a kill -9. A row is written before the matter it records leaves this
 * process: an assignment before its work starts, a signature before it is sent, a transaction before it is broadcast.
 */
import Database from "better-sqlite3";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Address, Hex } from "viem";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import type { ResultReport, SignedAssignment } from "../../protocol/http";
import type { MarketChain } from "../chain/clients";
import type { Clock } from "../clock";
import { MIGRATIONS } from "./schema";

export type ClaimIntent = "wanted" | "claimed" | "given_up";

/** What is done with a task: see holdings/phase.ts. */
export interface TaskRow {
  workflow: number;
  task: number;
  attempt: number;
  root: Hex;
  phase: string;
  result: Digest | null;
  usage: ResultReport["usage"] | null;
  reason: string | null;
  release: Hex | null;
  verdict: string | null;
}

export type FixedResult = Pick<ResultReport, "workflow" | "task" | "attempt" | "result">;

export interface AssignmentRow {
  signed: SignedAssignment;
  claim: ClaimIntent;
}

export interface TransactionRow {
  id: number;
  purpose: string;
  nonce: number;
  hash: Hex;
  raw: Hex;
  state: "signed" | "included" | "reverted" | "replaced";
}

/** What a transaction that deposits stake is for. Amounts in units. */
export interface DepositIntent {
  /** Whose stake, in which market. */
  account: string;
  /** Stake that was to be had then. */
  target: bigint;
  /** Part of the deposit that takes the place of what was lost. */
  refill: bigint;
}

export interface DepositRow extends DepositIntent {
  nonce: number;
  hash: Hex;
  /** Unix time, milliseconds. */
  signedAt: number;
}

export interface ChainViewRow {
  /** The last block that was read. */
  block: number;
  hash: Hex;
  state: string;
}

export type Journal = ReturnType<typeof openJournal>;

function migrate(db: Database.Database): void {
  const version = db.pragma("user_version", { simple: true }) as number;
  if (version > MIGRATIONS.length)
    throw new FrobenError("journal_too_new", "the journal was written by a newer version", {
      field: "FROBEN_DATA_DIR",
      limit: MIGRATIONS.length,
      value: version,
      hint: "update this operator, or give it another data folder",
    });
  for (let next = version; next < MIGRATIONS.length; next++)
    db.transaction(() => {
      db.exec(MIGRATIONS[next]!);
      db.pragma(`user_version = ${next + 1}`);
    })();
}

/** Takes the journal for this process alone: two operators with one journal would sign twice. */
function lock(db: Database.Database): void {
  try {
    db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL"); // see `durably`
    db.exec("BEGIN EXCLUSIVE; COMMIT");
  } catch (cause) {
    db.close();
    throw new FrobenError("journal_in_use", "another process has this journal open", {
      field: "FROBEN_DATA_DIR",
      hint: "each operator needs its own data folder",
      cause,
    });
  }
}

/**
 * Opens (or makes) the journal.
 * @param path of the SQLite file, or ":memory:"
 * @throws FrobenError `journal_in_use`, `journal_too_new`
 */
export function openJournal(path: string, clock: Clock) {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = new Database(path, { timeout: 2_000 });
  lock(db);
  migrate(db);
  const sql = (text: string) => db.prepare(text);
  const statements = {
    addAssignment: sql("INSERT INTO assignments VALUES (?, ?, ?, 'wanted', 0, ?)"),
    addTask: sql(
      "INSERT INTO tasks (workflow, task, attempt, root, phase, updated_at) VALUES (?, ?, ?, ?, 'queued', ?)",
    ),
    openAssignments: sql(
      "SELECT json, claim FROM assignments WHERE closed = 0 ORDER BY accepted_at, rowid",
    ),
    findAssignment: sql("SELECT json, claim FROM assignments WHERE workflow = ? AND root = ?"),
    renew: sql("UPDATE assignments SET json = ?, closed = 0 WHERE workflow = ? AND root = ?"),
    setClaim: sql("UPDATE assignments SET claim = ? WHERE workflow = ? AND root = ?"),
    close: sql("UPDATE assignments SET closed = 1 WHERE workflow = ? AND root = ?"),
    tasksOf: sql("SELECT * FROM tasks WHERE workflow = ? AND root = ? ORDER BY task"),
    findTask: sql("SELECT * FROM tasks WHERE workflow = ? AND task = ? AND attempt = ?"),
    saveTask: sql(
      `UPDATE tasks SET phase = ?, result = ?, usage = ?, reason = ?, release = ?, verdict = ?, updated_at = ?
       WHERE workflow = ? AND task = ? AND attempt = ?`,
    ),
    // The same result again changes no row, but counts as one; another is left out.
    fixResult: sql(
      `INSERT INTO signed_results VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET result = result WHERE result = excluded.result`,
    ),
    addTransaction: sql(
      // The very same one is signed again when a reorganisation took it back.
      `INSERT INTO transactions (purpose, nonce, hash, raw, state, signed_at) VALUES (?, ?, ?, ?, 'signed', ?)
       ON CONFLICT (hash) DO UPDATE SET state = excluded.state, signed_at = excluded.signed_at`,
    ),
    addDeposit: sql("INSERT INTO deposits VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"),
    deposits: sql(
      `SELECT nonce, hash, target, refill, deposits.signed_at AS signedAt
       FROM deposits JOIN transactions USING (hash)
       WHERE account = @account AND state IN ('signed', 'included') AND deposits.signed_at >= min(@since, (
         SELECT max(newest.signed_at) FROM deposits newest JOIN transactions t USING (hash)
         WHERE newest.account = @account AND t.state IN ('signed', 'included')))
       ORDER BY deposits.signed_at DESC, id DESC`,
    ),
    setTransaction: sql("UPDATE transactions SET state = ? WHERE hash = ?"),
    replaceOthers: sql(
      "UPDATE transactions SET state = 'replaced' WHERE nonce = ? AND hash <> ? AND state = 'signed'",
    ),
    openTransactions: sql(
      "SELECT id, purpose, nonce, hash, raw, state FROM transactions WHERE state = 'signed' ORDER BY nonce, id",
    ),
    endedTransactions: sql(
      "SELECT id, purpose, nonce, hash, raw, state FROM transactions WHERE state IN ('included', 'reverted') AND nonce >= ? AND nonce < ? ORDER BY nonce, id",
    ),
    addRun: sql("INSERT INTO runs VALUES (?, ?)"),
    endRun: sql("DELETE FROM runs WHERE id = ?"),
    runs: sql("SELECT id FROM runs"),
    duration: sql("SELECT runs, mean_ms AS meanMs FROM durations WHERE program = ?"),
    setDuration: sql(
      "INSERT INTO durations VALUES (?, ?, ?) ON CONFLICT (program) DO UPDATE SET runs = excluded.runs, mean_ms = excluded.mean_ms",
    ),
    view: sql("SELECT block, hash, state FROM chain_view WHERE market = ? AND operator = ?"),
    setView: sql("INSERT OR REPLACE INTO chain_view VALUES (1, ?, ?, ?, ?, ?)"),
  };
  /**
   * Has what is written here, and all that was written before it, on the disk before it returns: what is signed next must not be
   * forgotten even if the machine goes dark. The rest survives the process; what a dark machine forgets of it is asked for again.
   */
  function durably<T>(write: () => T): T {
    db.pragma("synchronous = FULL");
    try {
      return db.transaction(write)();
    } finally {
      db.pragma("synchronous = NORMAL");
    }
  }

  const toAssignment = ({ json, claim }: { json: string; claim: ClaimIntent }): AssignmentRow => ({
    signed: JSON.parse(json) as SignedAssignment,
    claim,
  });
  const toTask = (row: Record<string, unknown>): TaskRow => ({
    ...(row as unknown as TaskRow),
    usage: row.usage === null ? null : (JSON.parse(row.usage as string) as ResultReport["usage"]),
  });

  return {
    /** Makes changes in one transaction: all are written, or none is. */
    together: <T>(change: () => T): T => db.transaction(change)(),
    /** Writes an accepted assignment and its tasks. */
    addAssignment(signed: SignedAssignment): void {
      const now = clock.now();
      db.transaction(() => {
        statements.addAssignment.run(signed.workflow, signed.root, JSON.stringify(signed), now);
        for (const { task, attempt } of signed.tasks)
          statements.addTask.run(signed.workflow, task, attempt, signed.root, now);
      })();
    },
    openAssignments(): AssignmentRow[] {
      const rows = statements.openAssignments.all() as { json: string; claim: ClaimIntent }[];
      return rows.map(toAssignment);
    },
    /** Also one that is closed. */
    findAssignment(workflow: number, root: Hex): AssignmentRow | undefined {
      const row = statements.findAssignment.get(workflow, root) as
        { json: string; claim: ClaimIntent } | undefined;
      return row && toAssignment(row);
    },
    /** Writes the ticket that takes the place of an assignment's, which is open again if it was closed. */
    renewAssignment(signed: SignedAssignment): void {
      statements.renew.run(JSON.stringify(signed), signed.workflow, signed.root);
    },
    setClaim(workflow: number, root: Hex, claim: ClaimIntent): void {
      statements.setClaim.run(claim, workflow, root);
    },
    closeAssignment(workflow: number, root: Hex): void {
      statements.close.run(workflow, root);
    },
    tasksOf(workflow: number, root: Hex): TaskRow[] {
      return (statements.tasksOf.all(workflow, root) as Record<string, unknown>[]).map(toTask);
    },
    /** Also of an assignment that is closed: its result may be demanded until it is settled. */
    findTask(workflow: number, task: number, attempt: number): TaskRow | undefined {
      const row = statements.findTask.get(workflow, task, attempt);
      return row === undefined ? undefined : toTask(row as Record<string, unknown>);
    },
    saveTask(row: TaskRow): void {
      const usage = row.usage === null ? null : JSON.stringify(row.usage);
      const fields = [row.phase, row.result, usage, row.reason, row.release, row.verdict];
      statements.saveTask.run(...fields, clock.now(), row.workflow, row.task, row.attempt);
    },
    /**
     * Writes which result is signed for each attempt, before it is.
     * @returns for each, in their order, whether it may be: no other was written before
     */
    fixResults(
      { chainId, market }: Pick<MarketChain, "chainId" | "market">,
      results: readonly FixedResult[],
    ): boolean[] {
      const place = `${chainId}:${market.toLowerCase()}`;
      const now = clock.now();
      return durably(() =>
        results.map(({ workflow, task, attempt, result }) => {
          const row = [place, workflow, task, attempt, result, now];
          return statements.fixResult.run(...row).changes > 0;
        }),
      );
    },
    /** @param deposit what it is for, if it deposits stake */
    addTransaction(
      row: { purpose: string; nonce: number; hash: Hex; raw: Hex },
      deposit?: DepositIntent,
    ): void {
      const now = clock.now();
      durably(() => {
        statements.addTransaction.run(row.purpose, row.nonce, row.hash, row.raw, now);
        if (!deposit) return;
        const { account, target, refill } = deposit;
        statements.addDeposit.run(row.hash, account, String(target), String(refill), now);
      });
    },
    /**
     * Deposits that are on their way or were included, the newest first; of one nonce, each that was signed.
     * @param since those that were signed later than this, Unix milliseconds; and the newest of all
     */
    deposits(account: string, since: number): DepositRow[] {
      const rows = statements.deposits.all({ account, since }) as {
        nonce: number;
        hash: Hex;
        target: string;
        refill: string;
        signedAt: number;
      }[];
      return rows.map(({ target, refill, ...row }) => ({
        ...row,
        account,
        target: BigInt(target),
        refill: BigInt(refill),
      }));
    },
    /** Also marks the other transactions of the same nonce as replaced. */
    endTransaction(nonce: number, hash: Hex, state: "included" | "reverted" | "replaced"): void {
      db.transaction(() => {
        statements.setTransaction.run(state, hash);
        statements.replaceOthers.run(nonce, hash);
      })();
    },
    openTransactions(): TransactionRow[] {
      return statements.openTransactions.all() as TransactionRow[];
    },
    /** Those that were included, by nonce. @param from the lowest nonce @param to one more than the highest */
    endedTransactions(from: number, to: number): TransactionRow[] {
      return statements.endedTransactions.all(from, to) as TransactionRow[];
    },
    addRun(id: string): void {
      statements.addRun.run(id, clock.now());
    },
    endRun(id: string): void {
      statements.endRun.run(id);
    },
    /** Ids of runs that did not end: after a crash their processes may still be there. */
    unfinishedRuns(): string[] {
      return (statements.runs.all() as { id: string }[]).map((row) => row.id);
    },
    /** @returns mean wall time of a program on this machine, milliseconds, if it ever ran */
    meanDuration(program: Digest): number | undefined {
      return (statements.duration.get(program) as { meanMs: number } | undefined)?.meanMs;
    },
    /** A running mean that forgets: the newest run weighs at least a fifth. */
    addDuration(program: Digest, wallMs: number): void {
      const before = statements.duration.get(program) as
        { runs: number; meanMs: number } | undefined;
      const runs = (before?.runs ?? 0) + 1;
      const mean = before?.meanMs ?? wallMs;
      statements.setDuration.run(program, runs, mean + (wallMs - mean) * Math.max(0.2, 1 / runs));
    },
    /** What was last known of an operator's slots and disputes; undefined when that is of another market or operator. */
    chainView(market: Address, operator: Address): ChainViewRow | undefined {
      const key = [market.toLowerCase(), operator.toLowerCase()];
      return statements.view.get(...key) as ChainViewRow | undefined;
    },
    saveChainView(
      market: Address,
      operator: Address,
      block: number,
      hash: Hex,
      state: string,
    ): void {
      const key = [market.toLowerCase(), operator.toLowerCase()];
      statements.setView.run(...key, block, hash, state);
    },
    close(): void {
      db.close();
    },
  };
}
