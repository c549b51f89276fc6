import { readFileSync } from "node:fs";

/** Clock ticks of a second, in which /proc counts; the same on every Linux that Node runs on. */
const TICKS = 100;

/** @returns processor time of a process so far, all its threads, milliseconds (Linux) */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // After the name, which may hold spaces: state, parent, ..., user and system time.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}
