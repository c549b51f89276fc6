import type { HardhatUserConfig } from "hardhat/config";

// The devnet's chain. Deploying mines many blocks in a second: if each had to be a second later than the last, the chain's clock
// would run ahead of the machine's, and with it every deadline and every duration that is read off it.
const config: HardhatUserConfig = {
  solidity: "0.8.30", // Hardhat wants one; nothing is compiled here
  networks: { hardhat: { chainId: 31337, allowBlocksWithSameTimestamp: true } },
};

export default config;
