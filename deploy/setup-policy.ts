import { FrobenError } from "../protocol/errors";
import { LOCAL_CHAINS } from "../protocol/local-chains";

/**
 * Refuses to deploy a verifier of the dev setup where others could lose money to a forger.
 * @param setup whose powers of tau the verifier's keys were made with
 * @param chainId the chain to deploy to
 * @throws FrobenError `setup_insecure` for the dev setup on a chain that is not local
 */
export function assertSetupAllowed(setup: "real" | "dev", chainId: number): void {
  if (setup === "dev" && !LOCAL_CHAINS.includes(chainId))
    throw new FrobenError(
      "setup_insecure",
      "this verifier belongs to the insecure dev setup, under which anyone can forge proofs",
      {
        field: "chainId",
        limit: LOCAL_CHAINS.join(", "),
        value: chainId,
        hint: "make the real setup, with internet access: npx tsx provers/noir/setup.ts --setup real",
      },
    );
}
