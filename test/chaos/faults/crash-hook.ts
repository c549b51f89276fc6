/**
 * Loaded before anything else into the processes of the chaos market, which know nothing of it: it watches what leaves them or is
 * written down (SQLite, artifacts, requests, answers) and gives each such step a name. A step that has a file in the folder
 * FROBEN_CRASH_FOLDER, with a count in it, kills the process by SIGKILL when it is reached for the count-th time; the file is gone
 * then, so that of several processes only one dies. FROBEN_CRASH_REACHED gets the name of each step that is reached for the first
 * time.
 */
import Database, { type Statement } from "better-sqlite3";
import { appendFileSync, existsSync, readFileSync, unlinkSync } from "node:fs";
import files from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { answerNames, fileOf, requestNames, writeName } from "./step-names";

const { FROBEN_CRASH_FOLDER: folder = "", FROBEN_CRASH_REACHED: log } = process.env;
const reached = new Set<string>();
/** How often each step was reached since it was armed. */
const counts = new Map<string, number>();

function step(name: string): void {
  if (log && !reached.has(name)) appendFileSync(log, `${name}\n`);
  reached.add(name);
  const armed = join(folder, fileOf(name));
  if (!existsSync(armed)) return void counts.delete(name);
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  try {
    if (count < Number(readFileSync(armed, "utf8"))) return;
    unlinkSync(armed);
  } catch {
    return; // another process was first
  }
  process.kill(process.pid, "SIGKILL");
}

const before = (names: Iterable<string>) => [...names].forEach((name) => step(`before ${name}`));
const after = (names: Iterable<string>) => [...names].forEach((name) => step(`after ${name}`));

// SQLite: a statement by itself, or all that a transaction writes, at its commit.
let written: Set<string> | undefined;
const { prepare, transaction } = Database.prototype;

Database.prototype.prepare = function (this: Database.Database, sql: string) {
  const statement = prepare.call(this, sql) as Statement;
  if (!writeName(sql, [])) return statement;
  for (const method of ["run", "get", "all"] as const) {
    const own = statement[method].bind(statement) as (...args: unknown[]) => unknown;
    Object.defineProperty(statement, method, {
      value: (...args: unknown[]) => {
        const names = [writeName(sql, args.flat())!];
        if (written) {
          names.forEach((name) => written!.add(name));
          return own(...args);
        }
        before(names);
        const result = own(...args);
        after(names);
        return result;
      },
    });
  }
  return statement;
} as typeof prepare;

Database.prototype.transaction = function (
  this: Database.Database,
  work: (...a: never[]) => unknown,
) {
  let names = new Set<string>();
  const watched = transaction.call(this, (...args: never[]) => {
    if (written) return work(...args); // a savepoint of another
    written = names = new Set();
    try {
      const result = work(...args);
      before(names);
      return result;
    } finally {
      written = undefined;
    }
  });
  const tell = (run: (...args: unknown[]) => unknown) =>
    function (this: unknown, ...args: unknown[]) {
      const outer = written;
      const result = run.apply(this, args);
      if (!outer) after(names);
      return result;
    };
  const kinds = ["default", "deferred", "immediate", "exclusive"] as const;
  const told = tell(watched as never);
  for (const kind of kinds)
    Object.defineProperty(told, kind, { value: tell((watched as never)[kind]) });
  return told;
} as never;

// Artifacts become visible by being renamed.
const { rename } = files;
files.rename = async (from, to) => {
  before(["keep artifact"]);
  await rename(from, to);
  after(["keep artifact"]);
};

// What is sent: transactions to the chain, requests to the coordinator.
const { fetch } = globalThis;
globalThis.fetch = async (input, init) => {
  const names = requestNames(input, init);
  before(names);
  const response = await fetch(input, init);
  after(names);
  return response;
};

// What a server answers; "after" is when the operating system has it.
const end = http.ServerResponse.prototype.end as (...args: unknown[]) => http.ServerResponse;
http.ServerResponse.prototype.end = function (this: http.ServerResponse, ...args: unknown[]) {
  const names = answerNames(this.req.method ?? "", this.req.url ?? "", args[0]);
  before(names);
  this.once("finish", () => after(names));
  return end.apply(this, args);
} as never;
