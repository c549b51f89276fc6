/** Who calls it: the chain loop. The call that delivers a final step's proof, which is verified in that very transaction. */
import { encodeFunctionData, toHex, type Address, type Hex } from "viem";
import { assignmentPath, leavesOf } from "../../protocol/assignment";
import { marketAbi } from "../../protocol/abi";
import { verifiedCallGas } from "../../protocol/gas";
import { ticketStruct } from "../../protocol/ticket";
import type { ArtifactCache } from "../artifacts/cache";
import { termsOf } from "../assignments/step-terms";
import type { HeldTask, Holding } from "../holdings/phase";
import type { Slot } from "./slots";

/** @returns calldata, and the gas that the call must be given */
export async function finalCall(
  cache: Pick<ArtifactCache, "bytes">,
  operator: Address,
  { signed }: Holding,
  task: HeldTask,
  { slot, ticket }: Slot,
): Promise<{ data: Hex; gas: bigint }> {
  const leaves = leavesOf(signed);
  const position = leaves.findIndex((leaf) => leaf.task === task.task);
  const { inputs } = signed.tasks[position]!;
  const statement = toHex(await cache.bytes(inputs[signed.statement!]!.digest));
  const result = toHex(await cache.bytes(task.result!));
  const leaf = { leaf: leaves[position]!, path: assignmentPath(leaves, position) };
  const { judge } = termsOf(signed);
  const data = encodeFunctionData({
    abi: marketAbi,
    functionName: "submitFinal",
    args: [operator, slot, ticketStruct(ticket), ticket.root, judge, leaf, statement, result],
  });
  return { data, gas: verifiedCallGas(judge.verifierGas, data) };
}
