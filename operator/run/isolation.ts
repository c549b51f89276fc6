/** Who calls it: program-runner.ts, once at the start. How a child is cut off from what it need not see. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Ways to start a process without a network, the weaker privilege last; all keep the pid. */
const WITHOUT_NETWORK = [
  ["unshare", "--net"],
  ["unshare", "--user", "--map-current-user", "--net"],
];

const works = (command: string[]): Promise<boolean> => {
  const [file = "", ...args] = [...command, "true"];
  return run(file, args).then(
    () => true,
    () => false,
  );
};

/** Has the kernel ask a program to end when its operator dies, so that not even SIGKILL leaves it working for nobody. */
const DIE_WITH_PARENT = ["setpriv", "--pdeathsig", "TERM"];

/** @returns the command prefix that ties a program's life to this process's, empty where the system has none */
export async function lifeLine(): Promise<string[]> {
  return (await works(DIE_WITH_PARENT)) ? DIE_WITH_PARENT : [];
}

/** @returns the command prefix that takes the network away, or undefined when this system has none */
export async function networkIsolation(): Promise<string[] | undefined> {
  for (const prefix of WITHOUT_NETWORK) if (await works(prefix)) return prefix;
  return undefined;
}

const MAX_OPEN_FILES = 4096;

/**
 * Wraps a command so that the kernel enforces what it can: open files, no core dumps, the size of any one file.
 * Address space stays unlimited, because WebAssembly reserves far more than it uses; the watchdog counts real memory.
 */
export function withKernelLimits(command: string[], maxFileBytes: number): string[] {
  const blocks = Math.ceil(maxFileBytes / 512); // the unit of POSIX `ulimit -f`
  const script = `ulimit -n ${MAX_OPEN_FILES}; ulimit -c 0; ulimit -f ${blocks}; exec "$@"`;
  return ["/bin/sh", "-c", script, "run", ...command];
}
