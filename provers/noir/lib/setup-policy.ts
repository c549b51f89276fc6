/** Where a setup with a known tau may be used: nowhere that money is real. */
import { loadToolchain, type SetupKind } from "./toolchain";

/** Chain ids of Hardhat, Anvil and Ganache, which exist on one machine only. */
const LOCAL_CHAINS = new Set([31337, 1337]);

/** The kind of the present setup. @throws Error when there is none */
export const setupKind = async (): Promise<SetupKind> => (await loadToolchain()).setup;

/**
 * Refuses to deploy a verifier of the dev setup where others could lose money to a forger.
 * @param chainId the chain to deploy to
 * @throws Error for the dev setup on any chain that is not local
 */
export function assertSetupAllowed(kind: SetupKind, chainId: number): void {
  if (kind === "dev" && !LOCAL_CHAINS.has(chainId)) {
    throw new Error(
      `refusing chain ${chainId}: this verifier belongs to the insecure dev setup, under which anyone can forge proofs; ` +
        "run provers/noir/setup.ts --setup real with internet access",
    );
  }
}
