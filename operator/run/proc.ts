/** Who calls it: the watchdog and the program runner. What Linux says about processes; other systems have no answers. */
import { readdirSync, readFileSync } from "node:fs";

/** Variable that marks every process of one run, however it detached itself. */
export const RUN_MARK = "FROBEN_RUN_ID";

/** What a group of processes uses now. */
export interface GroupUsage {
  /** Memory that can't be given back to the system by dropping file pages, MB: what the limit counts. */
  privateMb: number;
  /** All resident memory, MB. */
  rssMb: number;
  /** CPU time of the living and of the dead that they waited for, milliseconds. */
  cpuMs: number;
}

const CLOCK_TICKS_PER_SECOND = 100;
const PAGE_MB = 4096 / 1024 / 1024;

function pids(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // it ended meanwhile
  }
}

/** Fields of /proc/PID/stat after the name, which may hold spaces: index 0 is the state. */
function statOf(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

/**
 * Measures a process group, again and again. Processes of other groups are looked at once: none of them can join a group
 * of another session (setpgid(2)), so that a look costs what the group costs, not what the machine runs.
 * @param group process group id
 * @returns a look: undefined when nothing of the group lives, or /proc is not there
 */
export function groupMeter(group: number): () => GroupUsage | undefined {
  let strangers = new Set<number>();
  return () => {
    const usage: GroupUsage = { privateMb: 0, rssMb: 0, cpuMs: 0 };
    const others = new Set<number>();
    let found = false;
    for (const pid of pids()) {
      const stat = strangers.has(pid) ? undefined : statOf(pid);
      if (!stat || Number(stat[2]) !== group) {
        others.add(pid);
        continue;
      }
      found = true;
      const ticks = Number(stat[11]) + Number(stat[12]) + Number(stat[13]) + Number(stat[14]);
      usage.cpuMs += (ticks * 1000) / CLOCK_TICKS_PER_SECOND;
      const memory = read(`/proc/${pid}/status`) ?? "";
      const kb = (name: string) =>
        Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(memory)?.[1] ?? 0);
      usage.privateMb += (kb("RssAnon") + kb("RssShmem")) / 1024;
      usage.rssMb += Number(stat[21]) * PAGE_MB;
    }
    strangers = others; // only the living: a number that is given out again is looked at again
    return found ? usage : undefined;
  };
}

/** Kills every process that carries the mark of a run, also those that left its group. */
export function killMarked(runId: string): void {
  const mark = `${RUN_MARK}=${runId}`;
  for (const pid of pids()) {
    if (pid === process.pid || !read(`/proc/${pid}/environ`)?.split("\0").includes(mark)) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it ended meanwhile
    }
  }
}
