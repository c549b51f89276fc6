import { WORKFLOW_STATUS } from "./abi";

/** What says whether a workflow takes claims. Unix seconds. */
export interface Claimability {
  /** See WORKFLOW_STATUS. */
  status: number;
  deadline: number;
  /** When it was completed or cancelled. */
  endedAt: number | null | undefined;
}

/**
 * As the contract has it: an open workflow takes claims that its coordinator signed until its deadline, and one that was completed for some
 * time after that, as a reorganisation may have taken them back.
 * @param lateClaims the market's: seconds for which a completed workflow takes them
 * @returns until when, chain time in Unix seconds; 0: it takes none
 */
export function claimsUntil(
  { status, deadline, endedAt }: Claimability,
  lateClaims: number,
): number {
  if (status === WORKFLOW_STATUS.open) return deadline;
  if (status !== WORKFLOW_STATUS.completed || lateClaims === 0) return 0;
  return Math.min(deadline, (endedAt ?? 0) + lateClaims);
}
