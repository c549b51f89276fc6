import { and, asc, eq, inArray, lte } from "drizzle-orm";
import type { Digest } from "../../protocol/digest";
import type { Db } from "../db/client";
import { rowWriter, type RowWriter } from "../db/row-writer";
import { artifactNames, artifacts, artifactWorkflows } from "../db/schema/artifacts";
import type { Clock } from "../runtime/clock";

export interface RetentionSettings {
  /** How long an artifact that no workflow names is kept, milliseconds: it comes before the workflow that names it. */
  graceMs: number;
  /** How long a workflow's artifacts are kept once it has settled, milliseconds. */
  retainMs: number;
}

/** Rows of one statement that names many artifacts. */
const CHUNK = 500;
/** Artifacts of which is remembered when they go. */
const MAX_KNOWN = 65_536;

/**
 * Which artifacts are kept, and how long. Every look is by key or index, and none costs more the more there are.
 *
 * An artifact that no workflow names is hidden for the second half of its grace time and then removed: so whoever is told that an
 * artifact is there has half the grace time to name it. Whoever uploads it again, or names it, has it back.
 */
export class Retention {
  /** Removals of files under way, which must end before the artifact is looked for or taken in again. */
  readonly removals = new Map<Digest, Promise<void>>();
  /** Names that are not written yet. */
  private readonly named = new Map<Digest, Set<number>>();
  /** When artifacts go, of those that were asked for lately: a result is looked for several times on its way. */
  private readonly known = new Map<Digest, number | null>();
  private readonly arrived = new Set<Digest>();
  private arrivals: Promise<void> | undefined;
  private readonly statements;
  private readonly names: RowWriter;
  private readonly times: RowWriter;

  /** @param db migrations applied */
  constructor(
    private readonly db: Db,
    private readonly clock: Clock,
    private readonly settings: RetentionSettings,
  ) {
    // Asked for every result; the query builder takes several times as long as the database.
    const { $client } = db;
    this.statements = {
      leavesAt: $client.prepare<[Digest], { at: number | null }>(
        "select leaves_at as at from artifacts where digest = ?",
      ),
      isNamed: $client.prepare<[Digest]>("select 1 from artifact_names where digest = ? limit 1"),
    };
    this.names = rowWriter(db, artifactNames, ["digest", "workflow"]);
    this.times = rowWriter(db, artifacts, ["digest"]);
  }

  /** Notes that a workflow names artifacts, which are kept from now on; `write` writes it. */
  name(workflow: number, digests: Iterable<Digest>): void {
    for (const digest of digests) {
      const workflows = this.named.get(digest);
      if (workflows) workflows.add(workflow);
      else this.named.set(digest, new Set([workflow]));
    }
  }

  /** Whether something was named that is not written yet. */
  get isDirty(): boolean {
    return this.named.size > 0;
  }

  /** Writes what was named, within the caller's transaction. */
  write(): void {
    for (const [digest, workflows] of this.named)
      for (const workflow of workflows) this.names.put(this.names.encode({ digest, workflow }));
  }

  /** What was written is committed. */
  written(): void {
    this.named.clear();
  }

  isNamed(digest: Digest): boolean {
    return this.named.has(digest) || this.statements.isNamed.get(digest) !== undefined;
  }

  /** Whether an artifact is hidden, because it goes soon. */
  isLeaving(digest: Digest): boolean {
    const at = this.leavesAt(digest);
    return at !== null && this.isLate(at) && !this.isNamed(digest);
  }

  /** Keeps an artifact that is about to become visible for the grace time. @returns once that is written */
  async arriving(digest: Digest): Promise<void> {
    const row = this.statements.leavesAt.get(digest);
    if (row && (row.at === null || !this.isLate(row.at))) return;
    this.arrived.add(digest);
    // What arrives together is written together: a commit waits for the disk.
    this.arrivals ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.arrivals = undefined;
        const digests = [...this.arrived];
        this.arrived.clear();
        try {
          this.keep(digests, this.settings.graceMs);
          resolve();
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    await this.arrivals;
  }

  /** A workflow has settled: what it names is kept for the set time from now. Calling again changes nothing. */
  settled(workflow: number): void {
    const keepUntil = this.clock.now() + this.settings.retainMs;
    this.db.insert(artifactWorkflows).values({ workflow, keepUntil }).onConflictDoNothing().run();
  }

  /**
   * Takes back some names of a workflow whose time is over. What it named stays for the grace time, and for as long as others name it.
   * @param limit most names
   * @returns whether there are more
   */
  release(limit: number): boolean {
    const row = this.db
      .select()
      .from(artifactWorkflows)
      .where(lte(artifactWorkflows.keepUntil, this.clock.now()))
      .orderBy(asc(artifactWorkflows.keepUntil))
      .limit(1)
      .get();
    if (!row) return false;
    const of = eq(artifactNames.workflow, row.workflow);
    const names = this.db.select().from(artifactNames).where(of).limit(limit).all();
    const digests = names.map(({ digest }) => digest);
    this.db.transaction((tx) => {
      for (const digest of digests) this.keepOne(digest, this.settings.graceMs);
      for (const some of chunks(digests))
        tx.delete(artifactNames)
          .where(and(of, inArray(artifactNames.digest, some)))
          .run();
      if (names.length < limit)
        tx.delete(artifactWorkflows).where(eq(artifactWorkflows.workflow, row.workflow)).run();
    });
    return true;
  }

  /** @returns some artifacts whose time is over, unless they are named */
  due(limit: number): Digest[] {
    return this.db
      .select({ digest: artifacts.digest })
      .from(artifacts)
      .where(lte(artifacts.leavesAt, this.clock.now()))
      .orderBy(asc(artifacts.leavesAt))
      .limit(limit)
      .all()
      .map(({ digest }) => digest);
  }

  /** Whether an artifact goes now. */
  isDue(digest: Digest): boolean {
    const at = this.statements.leavesAt.get(digest)?.at ?? null;
    return at !== null && at <= this.clock.now() && !this.isNamed(digest);
  }

  /** Artifacts are named: they are looked at again when a name is taken back. */
  stay(digests: Digest[]): void {
    this.forget(digests);
    for (const some of chunks(digests))
      this.db
        .update(artifacts)
        .set({ leavesAt: null })
        .where(inArray(artifacts.digest, some))
        .run();
  }

  /** The files are gone. One that was uploaded again meanwhile keeps its row. */
  removed(digests: Digest[]): void {
    const isDue = lte(artifacts.leavesAt, this.clock.now());
    this.forget(digests);
    for (const some of chunks(digests))
      this.db
        .delete(artifacts)
        .where(and(inArray(artifacts.digest, some), isDue))
        .run();
  }

  /** Keeps artifacts for a time from now, named or not. @param ms the grace time unless told otherwise */
  keep(digests: Digest[], ms: number = this.settings.graceMs): void {
    this.db.transaction(() => {
      for (const digest of digests) this.keepOne(digest, ms);
    });
  }

  /**
   * Takes in the files of a store of which the database knows nothing, because it was lost. They are kept as if their workflows had
   * just settled: which ones did, and when, is not known any more.
   */
  async adopt(files: AsyncIterable<Digest>): Promise<void> {
    if (this.db.select().from(artifacts).limit(1).get()) return;
    const ms = Math.max(this.settings.graceMs, this.settings.retainMs);
    let some: Digest[] = [];
    for await (const digest of files) {
      some.push(digest);
      if (some.length < CHUNK) continue;
      this.keep(some, ms);
      some = [];
    }
    this.keep(some, ms);
  }

  /** Unix milliseconds; null for an artifact that stays, or is not there. */
  private leavesAt(digest: Digest): number | null {
    const known = this.known.get(digest);
    if (known !== undefined) return known;
    const row = this.statements.leavesAt.get(digest);
    const at = row?.at ?? null;
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    if (row) this.known.set(digest, at);
    return at;
  }

  /** They are about to go at other times. */
  private forget(digests: Digest[]): void {
    for (const digest of digests) this.known.delete(digest);
  }

  private isLate(leavesAt: number): boolean {
    return leavesAt - this.clock.now() <= this.settings.graceMs / 2;
  }

  private keepOne(digest: Digest, ms: number): void {
    this.known.delete(digest);
    this.times.put(this.times.encode({ digest, leavesAt: this.clock.now() + ms }));
  }
}

function* chunks<T>(items: T[]): Iterable<T[]> {
  for (let i = 0; i < items.length; i += CHUNK) yield items.slice(i, i + CHUNK);
}
