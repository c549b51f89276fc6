/** A lock between processes: a file that holds its owner's process id. */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** How long to wait for another holder, in milliseconds. */
const WAIT_MS = 10 * 60_000;
const POLL_MS = 200;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Removes the lock of a process that died. Renaming first means that only one waiter removes it. */
async function breakLockOfDead(path: string): Promise<void> {
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  if (!holder || isAlive(holder)) return;
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

async function tryToTake(path: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx");
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Runs `work` while no other process runs one under the same lock file.
 *
 * @param path the lock file; its folder is created
 * @param onWait called once when another process holds the lock
 * @throws Error when the lock is still held after 10 minutes
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait: () => void = () => undefined,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const giveUpAt = Date.now() + WAIT_MS;
  for (let waits = 0; !(await tryToTake(path)); waits++) {
    if (waits === 0) onWait();
    await breakLockOfDead(path);
    if (Date.now() > giveUpAt)
      throw new Error(`${path} is still held; if its process is gone, remove it`);
    await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
