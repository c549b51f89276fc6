/**
 * When the next block is to be expected, learned from the blocks that were seen, so that whoever follows the chain looks
 * often when one is due and seldom before. No timers of its own: the caller brings the time and does the waiting.
 */

/** What a look at the chain finds: its newest block. */
export interface Head {
  hash: string;
  number: number;
  /** Unix seconds. */
  timestamp: number;
}

/** How many gaps between blocks are remembered; the shortest of them is believed. */
const GAPS_KEPT = 4;
/** Part of the expected gap that passes before the first look. */
const QUIET_SHARE = 0.9;
/** Looks that are left out at most, whatever the expectation. */
const MAX_SKIPPED = 8;

export class BlockPace {
  /** Milliseconds from block to block, by the blocks' own times. */
  private readonly gaps: number[] = [];
  private head: Head | undefined;
  private lookedAt = 0;
  /** The newest block appeared after this look. */
  private appearedAfter = 0;

  /** @param pollMs time between two looks around the time when a block is due, milliseconds */
  constructor(private readonly pollMs: number) {}

  /** Tells what a look found. @param now Unix time, milliseconds */
  saw(head: Head, now: number): void {
    if (head.hash !== this.head?.hash) {
      const blocks = head.number - (this.head?.number ?? head.number);
      if (blocks > 0) this.gaps.push((1000 * (head.timestamp - this.head!.timestamp)) / blocks);
      if (this.gaps.length > GAPS_KEPT) this.gaps.shift();
      this.head = head;
      this.appearedAfter = this.lookedAt;
    }
    this.lookedAt = now;
  }

  /** @returns milliseconds until the next look: between one poll and eight */
  pauseMs(now: number): number {
    const gap = this.gaps.length > 0 ? Math.min(...this.gaps) : 0;
    const due = this.appearedAfter + QUIET_SHARE * gap;
    return Math.min(Math.max(due - now, this.pollMs), MAX_SKIPPED * this.pollMs);
  }
}
