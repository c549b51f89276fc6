/**
 * A prover that lies: it builds a leaf from whatever it likes, with paths and roots that fit its own arithmetic, and asks
 * the circuit for a witness. What the witness program would refuse, it does not refuse.
 */
import type { Account } from "../../../provers/noir/lib/account";
import { leafInput, type LeafInput } from "../../../provers/noir/lib/leaf-input";
import type { Poseidon2 } from "../../../provers/noir/lib/poseidon2";
import { solveCircuit } from "../../../provers/noir/lib/prove-circuit";
import { StateTree } from "../../../provers/noir/lib/state-tree";
import { loadToolchain } from "../../../provers/noir/lib/toolchain";
import type { SignedTransfer } from "../../../provers/noir/lib/transfer";

/** What the liar claims the two accounts are afterwards; by default what they truly would be. */
export interface Claim {
  debited?: Partial<Account>;
  credited?: Partial<Account>;
}

/** Builds a leaf of one transfer without checking anything. */
export function forgeLeaf(
  poseidon2: Poseidon2,
  state: readonly Account[],
  transfer: SignedTransfer,
  claim: Claim = {},
): LeafInput {
  const tree = new StateTree(poseidon2, state);
  const accounts = [...state];
  const oldRoot = tree.root;
  const { from, to, amount } = transfer;
  const sender = accounts[from]!;
  const senderPath = tree.path(from);
  accounts[from] = {
    ...sender,
    balance: sender.balance - amount,
    nonce: sender.nonce + 1,
    ...claim.debited,
  };
  tree.set(from, accounts[from]);
  const receiver = accounts[to]!;
  const receiverPath = tree.path(to);
  tree.set(to, { ...receiver, balance: receiver.balance + amount, ...claim.credited });
  return leafInput(oldRoot, tree.root, [{ transfer, sender, senderPath, receiver, receiverPath }]);
}

/** Solves the leaf circuit. @throws InputRefused with the circuit's reason */
export async function solveLeaf(leaf: LeafInput): Promise<Uint8Array> {
  const { leafCircuit } = await loadToolchain();
  return solveCircuit(leafCircuit, { ...leaf });
}

/** The circuit's reason for refusing a leaf, or "solved". */
export async function refusalOf(leaf: LeafInput): Promise<string> {
  return solveLeaf(leaf).then(
    () => "solved",
    (error: unknown) => (error as Error).message,
  );
}
