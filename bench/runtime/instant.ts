import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Cleanup } from "../../devnet/cleanup";
import { jsonLine, startProcess, typescript } from "../../devnet/processes";
import { canonicalJson, sha256 } from "../../protocol/digest";
import { marketDomain } from "../../protocol/eip712";
import { apiFetch } from "../../sdk/http";
import { CHAIN_ID, MARKET } from "./market";
import { measure, restart, type Counted, type Measured } from "./measure";
import { START_MS, type RunOptions } from "./options";
import { INPUT, noopWorkflow } from "./workflow";

/** One workflow through a coordinator and operators without a chain, each a process of its own. */
export async function runInstant(options: RunOptions, cleanup: Cleanup): Promise<Measured> {
  const { spec, tasks } = noopWorkflow(options.tasks);
  const folder = await mkdtemp(join(tmpdir(), "froben-bench-"));
  cleanup.addFolder(folder);
  const home = join(folder, "coordinator");
  await mkdir(home);
  const specFile = join(home, "spec.json");
  await writeFile(specFile, canonicalJson(spec));
  const env = { PATH: process.env.PATH!, HOME: process.env.HOME!, TMPDIR: folder };
  const common = { cwd: folder, logFolder: folder, timeoutMs: START_MS, cleanup };
  const key = generatePrivateKey();

  const startCoordinator = async (name: string, url?: string) =>
    startProcess({
      ...common,
      name,
      args: [...options.nodeArgs(name), ...typescript(join(__dirname, "instant-coordinator.ts"))],
      env: {
        ...env,
        BENCH_KEY: key,
        BENCH_FOLDER: home,
        BENCH_LOG: options.logLevel,
        BENCH_PORT: url === undefined ? "0" : new URL(url).port,
      },
      ready: jsonLine("listening"),
    });
  const [coordinator, url] = await startCoordinator("coordinator");
  const counted: Counted[] = [{ kind: "coordinator", process: coordinator }];

  const requester = privateKeyToAccount(generatePrivateKey());
  const signer = { account: requester, domain: marketDomain(CHAIN_ID, MARKET) };
  const digest = sha256(INPUT);
  const put = { method: "PUT", path: `/v1/artifacts/${digest}`, body: INPUT } as const;
  await apiFetch(url, { ...put, bodyDigest: digest }, signer);

  for (let i = 0; i < options.operators; i++) {
    const name = `operator-${i + 1}`;
    const [operator] = await startProcess({
      ...common,
      name,
      args: [...options.nodeArgs(name), ...typescript(join(__dirname, "instant-operator.ts"))],
      env: {
        ...env,
        BENCH_SPEC: specFile,
        ...options.operatorEnv(name, url, folder),
        FROBEN_RPC_URL: "http://127.0.0.1:1",
        FROBEN_OPERATOR_KEY: generatePrivateKey(),
      },
      ready: jsonLine("address"),
    });
    counted.push({ kind: "operator", process: operator });
  }

  const measured = await measure(url, counted, tasks, async () => {
    await apiFetch(url, { method: "POST", path: "/bench/open" });
    return 1;
  });
  for (const { process } of counted) await process.stop();
  return restart(measured, () => startCoordinator("coordinator-again", url));
}
