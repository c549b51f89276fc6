import { readdirSync, readFileSync } from "node:fs";

/** @returns ids of the processes that a process has started, and that have not ended */
export function childrenOf(pid: number): number[] {
  try {
    const file = `/proc/${pid}/task/${pid}/children`;
    return readFileSync(file, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // it is gone
  }
}

/** @returns ids of the processes whose environment names a folder */
export function holdersOf(folder: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder);
      } catch {
        return false; // gone, or somebody else's
      }
    });
}
