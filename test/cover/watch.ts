import type { EIP1193Provider } from "hardhat/types";
import { pointOf } from "./points";

/** One instruction about to run. */
interface Step {
  opcode: { name: string };
  /** Only the topmost word. */
  stack: bigint[];
}

// Hardhat keeps these internals in place for coverage tools.
interface Wrapper {
  init?(): Promise<unknown>;
  _wrapped?: Wrapper;
  _node?: { _vm: { evm: { events: { on(name: "step", listener: (step: Step) => void): void } } } };
}

/**
 * Follows everything that Hardhat's own chain executes from now on: transactions, calls and estimates, reverted or not.
 * @returns the numbers of the points that are reached; it grows
 * @throws Error if the network is not Hardhat's own
 */
export async function watch(provider: EIP1193Provider): Promise<Set<number>> {
  const reached = new Set<number>();
  let inner = provider as unknown as Wrapper;
  await inner.init?.();
  while (inner._wrapped) inner = inner._wrapped;
  if (!inner._node) throw new Error("coverage needs Hardhat's in-process network");
  inner._node._vm.evm.events.on("step", ({ opcode, stack }) => {
    if (opcode.name !== "POP") return;
    const id = pointOf(stack[stack.length - 1]!);
    if (id !== undefined) reached.add(id);
  });
  return reached;
}
