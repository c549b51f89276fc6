import { join } from "node:path";
import {
  TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT,
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS,
} from "hardhat/builtin-tasks/task-names";
import { subtask, type HardhatUserConfig } from "hardhat/config";
import type { CompilerInput, CompilerOutput, SolcConfig } from "hardhat/types";
import base from "../../hardhat.config";
import { instrumentInput } from "./instrument-input";
import { BUILD_FOLDER, root } from "./paths";

// The project's set-up, with marks in the contracts and nothing optimized, so that each mark stays where it was put.

const UNOPTIMIZED = {
  enabled: false,
  details: {
    peephole: false,
    inliner: false,
    jumpdestRemover: false,
    orderLiterals: false,
    deduplicate: false,
    cse: false,
    constantOptimizer: false,
    yul: true, // with no steps but the allocation of the stack, without which some functions need too much of it
    yulDetails: { stackAllocation: true, optimizerSteps: ":" },
  },
};

subtask(
  TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT,
  async (_args, _hre, runSuper: () => Promise<CompilerInput>) => instrumentInput(await runSuper()),
);

// Warnings are for the real build; here all would be about size.
subtask(
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS,
  async (
    {
      output,
      quiet,
    }: { output: CompilerOutput & { errors?: { severity: string }[] }; quiet: boolean },
    _hre,
    runSuper,
  ) =>
    runSuper({
      output: { ...output, errors: output.errors?.filter(({ severity }) => severity === "error") },
      quiet,
    }),
);

const { compilers, overrides } = base.solidity as {
  compilers: SolcConfig[];
  overrides: Record<string, SolcConfig>;
};

const unoptimized = (compiler: SolcConfig): SolcConfig => ({
  ...compiler,
  settings: { ...compiler.settings, optimizer: UNOPTIMIZED },
});

const config: HardhatUserConfig = {
  ...base,
  paths: {
    root,
    sources: join(root, "contracts"),
    tests: join(root, base.paths!.tests!),
    artifacts: join(BUILD_FOLDER, "artifacts"),
    cache: join(BUILD_FOLDER, "cache"),
  },
  networks: {
    ...base.networks,
    hardhat: {
      ...base.networks!.hardhat,
      allowUnlimitedContractSize: true,
      blockGasLimit: 0x1fffffffffffff, // by this very number Hardhat knows a coverage tool and lifts its limit on a transaction's gas
      gas: 200_000_000,
    },
  },
  mocha: { timeout: 300_000, reporter: "dot" },
  solidity: {
    compilers: compilers.map(unoptimized),
    // Third-party contracts stay as they are.
    overrides: Object.fromEntries(
      Object.entries(overrides).map(([file, compiler]) => [
        file,
        file.startsWith("contracts/") ? unoptimized(compiler) : compiler,
      ]),
    ),
  },
};

export default config;
