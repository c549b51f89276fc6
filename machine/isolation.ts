/** Who calls it: whoever runs programs, once at the start. How a child is cut off from what it need not see. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

const works = (command: string[]): Promise<boolean> => {
  const [file = "", ...args] = [...command, "true"];
  return run(file, args).then(
    () => true,
    () => false,
  );
};

/** How programs are cut off from the rest of the machine. */
export interface Isolation {
  /** bubblewrap: files, processes and, if wanted, network. namespace: the network alone. none: nothing. */
  kind: "bubblewrap" | "namespace" | "none";
  /** @returns the command that starts `command` in `folder`, the only one that it can write if the kind is bubblewrap */
  wrap(command: string[], folder: string): string[];
}

export interface IsolationNeeds {
  /** Whether bubblewrap may be used. */
  sandbox: "auto" | "off";
  network: "none" | "host";
  /** Folders and files that no program may see: journal and keys. */
  hidden: { folders: string[]; files: string[] };
  /** Folders within the hidden ones that programs may read. */
  shown?: string[];
}

/** Ways to start a process without a network, the weaker privilege last; all keep the pid. */
const WITHOUT_NETWORK = [
  ["unshare", "--net"],
  ["unshare", "--user", "--map-current-user", "--net"],
];
/** Has the kernel ask a program to end when its operator dies, so that not even SIGKILL leaves it working for nobody. */
const DIE_WITH_PARENT = ["setpriv", "--pdeathsig", "TERM"];

/**
 * Everything is there to be read, because programs find their tools and caches anywhere; devices, because they need GPUs. No process
 * but their own, no message queues, no terminal.
 */
function bubblewrap({ network, hidden, shown = [] }: IsolationNeeds, ...more: string[]): string[] {
  return [
    ...["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"],
    ...(network === "none" ? ["--unshare-net"] : []),
    ...["--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc"],
    ...hidden.folders.flatMap((folder) => ["--tmpfs", folder]),
    ...shown.flatMap((folder) => ["--ro-bind-try", folder, folder]),
    ...hidden.files.flatMap((file) => ["--ro-bind", "/dev/null", file]),
    ...more,
    "--",
  ];
}

/**
 * Finds the strongest isolation that this system has.
 * @see https://github.com/containers/bubblewrap
 */
export async function findIsolation(needs: IsolationNeeds): Promise<Isolation> {
  if (needs.sandbox === "auto" && (await works(bubblewrap(needs))))
    return {
      kind: "bubblewrap",
      wrap: (command, folder) => [
        ...bubblewrap(needs, "--bind", folder, folder, "--chdir", folder),
        ...command,
      ],
    };
  const lifeLine = (await works(DIE_WITH_PARENT)) ? DIE_WITH_PARENT : [];
  if (needs.network === "none")
    for (const prefix of WITHOUT_NETWORK)
      if (await works(prefix))
        // The life line comes second: a change of credentials would undo it.
        return { kind: "namespace", wrap: (command) => [...prefix, ...lifeLine, ...command] };
  return { kind: "none", wrap: (command) => [...lifeLine, ...command] };
}

/** @returns what to tell whoever starts this process about programs that are not cut off from the machine; nothing when they are */
export function weaknessOf(
  kind: Isolation["kind"],
  { sandbox, network }: IsolationNeeds,
): string | undefined {
  if (kind === "bubblewrap") return undefined;
  const why = sandbox === "off" ? "switched off" : "missing or not permitted";
  const keep = kind === "none" && network === "none" ? ", and keep the network" : "";
  return `bubblewrap (bwrap) is ${why}: programs can read what this user can read${keep}. Run only programs that you trust`;
}

const MAX_OPEN_FILES = 4096;

/**
 * Wraps a command so that the kernel enforces what it can: open files, no core dumps, the size of any one file, the CPU time of any
 * one process.
 * Address space stays unlimited, because WebAssembly reserves far more than it uses; the watchdog counts real memory.
 */
export function withKernelLimits(
  command: string[],
  { maxFileBytes, cpuSeconds }: { maxFileBytes: number; cpuSeconds: number },
): string[] {
  const blocks = Math.ceil(maxFileBytes / 512); // the unit of POSIX `ulimit -f`
  const script = `ulimit -n ${MAX_OPEN_FILES}; ulimit -c 0; ulimit -f ${blocks}; ulimit -t ${cpuSeconds}; exec "$@"`;
  return ["/bin/sh", "-c", script, "run", ...command];
}
