/** Chain ids of Hardhat, Anvil and Ganache, which exist on one machine only. */
export const LOCAL_CHAINS: readonly number[] = [31337, 1337];
