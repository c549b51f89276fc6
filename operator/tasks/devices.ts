/** Who calls it: the task runner. Which GPUs, as nvidia-smi numbers them, are whose: each is one run's alone. */
export class Devices<Owner> {
  private readonly taken = new Map<Owner, readonly number[]>();

  /** @param all the GPUs that are the operator's */
  constructor(private readonly all: readonly number[]) {}

  free(): number[] {
    const used = new Set([...this.taken.values()].flat());
    return this.all.filter((gpu) => !used.has(gpu));
  }

  /** @param count no more than are free @returns the GPUs that the owner has until it gives them back */
  take(owner: Owner, count: number): number[] {
    const gpus = this.free().slice(0, count);
    this.taken.set(owner, gpus);
    return gpus;
  }

  giveBack(owner: Owner): void {
    this.taken.delete(owner);
  }
}
