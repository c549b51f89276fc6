/** Compiles circuits and makes their verification keys, each cached by what it is made from. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cachedFolder } from "../../lib/content-cache";
import { runBb } from "./bb";
import { cacheRoot, circuitSources, packageLock, type CircuitName } from "./paths";
import type { Toolchain } from "./toolchain";

/** Whom a proof is for: another circuit (Poseidon2 transcript), or the Solidity verifier (Keccak, zero-knowledge). */
export const targets = { recursive: "noir-recursive-no-zk", evm: "evm" } as const;
export type Target = keyof typeof targets;

/** Runs the compiler, which writes to `console.log`, where programs and the live view have their own output. */
async function withoutLog<T>(work: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => undefined;
  try {
    return await work();
  } finally {
    console.log = log;
  }
}

/**
 * Compiles the circuit whose sources are in a folder, into the file `circuit.json` in it.
 * @returns path of the compiled circuit
 * @throws Error with the compiler's messages
 */
export async function compileFolder(folder: string): Promise<string> {
  const { compile_program, createFileManager } = await import("@noir-lang/noir_wasm");
  const silent = () => undefined;
  const { program } = await withoutLog(() =>
    compile_program(createFileManager(folder), undefined, silent, silent),
  );
  const path = join(folder, "circuit.json");
  // The file map names folders of this machine, and nothing that runs the circuit reads it.
  await writeFile(path, JSON.stringify({ ...program, file_map: {} }));
  return path;
}

/**
 * Compiles one of the rollup's circuits, cached by its sources.
 * @param extraSources files made by the setup, added to the circuit's own
 * @returns path of the compiled circuit
 */
export async function compileCircuit(
  name: CircuitName,
  extraSources: [path: string, content: string][] = [],
): Promise<string> {
  const sources = [...circuitSources(name), ...extraSources];
  const folder = await cachedFolder(
    cacheRoot(),
    `circuit-${name}`,
    [packageLock(), ...sources.flat()],
    async (making) => {
      for (const [path, content] of sources) {
        await mkdir(dirname(join(making, path)), { recursive: true });
        await writeFile(join(making, path), content);
      }
      await compileFolder(making);
    },
  );
  return join(folder, "circuit.json");
}

/** The source that pins the leaf's key in the merge circuit. It depends on the powers of tau, so it can't be in git. */
export function leafKeySource(leafKeyHash: Uint8Array): [path: string, content: string] {
  const hash = Buffer.from(leafKeyHash).toString("hex");
  return ["src/leaf_key.nr", `pub global LEAF_VK_HASH: Field = 0x${hash};\n`];
}

/**
 * Makes a circuit's verification key.
 * @param circuit path of the compiled circuit
 * @returns folder with `vk` and `vk_hash`
 */
export async function makeKey(
  tools: Pick<Toolchain, "bb" | "crs">,
  name: CircuitName,
  circuit: string,
  target: Target,
): Promise<string> {
  const g2 = await readFile(join(tools.crs, "bn254_g2.dat"));
  return cachedFolder(
    cacheRoot(),
    `key-${name}-${target}`,
    [packageLock(), g2, targets[target], await readFile(circuit)],
    (making) => runBb(tools, ["write_vk", "-b", circuit, "-o", making, "-t", targets[target]]),
  );
}
