/** Applies a batch to a state and cuts it into leaves: the rollup's witness generation. Deterministic. */
import { formatState, type Account } from "./account";
import { toBytes32 } from "./field";
import { leafInput, SLOTS, type LeafInput, type OpenedTransfer } from "./leaf-input";
import type { Poseidon2 } from "./poseidon2";
import { StateTree } from "./state-tree";
import { checkTransfer, type SignedTransfer } from "./transfer";

/** A merge takes two proofs, so that a batch has at least two leaves; the second may hold no transfer. */
const MIN_LEAVES = 2;

export interface ExpandedBatch {
  leaves: LeafInput[];
  /** abi.encode(bytes32 oldRoot, bytes32 newRoot), 64 bytes. */
  statement: Buffer;
  /** The state after the batch, JSON. */
  newState: string;
}

/** Applies one transfer to accounts and tree, and returns what its slot shows. @throws InputRefused */
function applyTransfer(
  accounts: Account[],
  tree: StateTree,
  transfer: SignedTransfer,
  position: number,
): OpenedTransfer {
  const { sender, receiver } = checkTransfer(accounts, transfer, position);
  const { from, to, amount } = transfer;
  const change = (index: number, account: Account) => {
    accounts[index] = account;
    tree.set(index, account);
  };
  const senderPath = tree.path(from);
  change(from, { ...sender, balance: sender.balance - amount, nonce: sender.nonce + 1 });
  const receiverPath = tree.path(to);
  change(to, { ...receiver, balance: receiver.balance + amount });
  return { transfer, sender, senderPath, receiver, receiverPath };
}

/**
 * Makes the inputs of every leaf of a batch.
 * @param onLeaf told after each leaf, with the number of leaves
 * @throws InputRefused for the first transfer that is not valid
 */
export function expandBatch(
  poseidon2: Poseidon2,
  state: readonly Account[],
  transfers: readonly SignedTransfer[],
  onLeaf: (done: number, total: number) => void = () => undefined,
): ExpandedBatch {
  const accounts = [...state];
  const tree = new StateTree(poseidon2, accounts);
  const firstRoot = tree.root;
  const total = Math.max(MIN_LEAVES, Math.ceil(transfers.length / SLOTS));
  const leaves: LeafInput[] = [];
  for (let leaf = 0; leaf < total; leaf++) {
    const oldRoot = tree.root;
    const opened = transfers
      .slice(leaf * SLOTS, (leaf + 1) * SLOTS)
      .map((transfer, slot) => applyTransfer(accounts, tree, transfer, leaf * SLOTS + slot));
    leaves.push(leafInput(oldRoot, tree.root, opened));
    onLeaf(leaf + 1, total);
  }
  return {
    leaves,
    statement: Buffer.concat([toBytes32(firstRoot), toBytes32(tree.root)]),
    newState: formatState(accounts),
  };
}
