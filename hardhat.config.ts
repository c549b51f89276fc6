import "@nomicfoundation/hardhat-toolbox";
import { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } from "hardhat/builtin-tasks/task-names";
import { subtask, type HardhatUserConfig } from "hardhat/config";

const SOLC_VERSION = "0.8.30";

// The compiler comes from npm, so that a machine that reaches only the npm registry can build.
subtask(
  TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD,
  async (args: { solcVersion: string }, _hre, runSuper) => {
    if (args.solcVersion !== SOLC_VERSION) return runSuper();
    const solc = require("solc") as { version(): string };
    return {
      compilerPath: require.resolve("solc/soljson.js"),
      isSolcJs: true,
      version: SOLC_VERSION,
      longVersion: solc.version().replace(/\.Emscripten.*$/, ""),
    };
  },
);

const settings = (runs: number) => ({
  viaIR: true,
  optimizer: { enabled: true, runs },
  evmVersion: "prague",
});

const config: HardhatUserConfig = {
  paths: { tests: "test/contracts" },
  networks: { hardhat: { chainId: 31337 } },
  typechain: { dontOverrideCompile: true },
  solidity: {
    compilers: [
      {
        version: SOLC_VERSION,
        settings: settings(1_000_000),
      },
    ],
    overrides: {
      // Smaller, to stay below the 24,576 bytes of EIP-170; what is called often is in Market.sol.
      "contracts/MarketExtension.sol": { version: SOLC_VERSION, settings: settings(200) },
      "contracts/MarketCourt.sol": { version: SOLC_VERSION, settings: settings(1) },
      // 13 s quicker to compile without the intermediate representation, and smaller.
      "@semaphore-protocol/contracts/base/SemaphoreVerifier.sol": {
        version: SOLC_VERSION,
        settings: { optimizer: { enabled: true, runs: 700 }, evmVersion: "prague" },
      },
    },
  },
};

export default config;
