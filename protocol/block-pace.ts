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
/** Part of the expected gap after which a transaction may come too late for the next block. */
const LATEST_SHARE = 0.75;

export class BlockPace {
  /** Milliseconds from block to block, by the blocks' own times. */
  private readonly gaps: number[] = [];
  /** The same as it was seen, which says more where the blocks' times are not the clock's. */
  private readonly seenGaps: number[] = [];
  private seenAt = 0;
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
      if (blocks > 0) {
        note(this.gaps, (1000 * (head.timestamp - this.head!.timestamp)) / blocks);
        note(this.seenGaps, (now - this.seenAt) / blocks);
      }
      this.head = head;
      this.seenAt = now;
      this.appearedAfter = this.lookedAt;
    }
    this.lookedAt = now;
  }

  /** @returns milliseconds until the next look: between one poll and eight */
  pauseMs(now: number): number {
    const due = this.appearedAfter + QUIET_SHARE * shortest(this.gaps);
    return Math.min(Math.max(due - now, this.pollMs), MAX_SKIPPED * this.pollMs);
  }

  /** @returns how long a transaction can wait for more to go along and still be in the next block, milliseconds; 0 if that is not known */
  spareMs(now: number): number {
    const gap = Math.min(shortest(this.gaps), shortest(this.seenGaps));
    return Math.max(0, this.appearedAfter + LATEST_SHARE * gap - now);
  }
}

function note(gaps: number[], ms: number): void {
  gaps.push(ms);
  if (gaps.length > GAPS_KEPT) gaps.shift();
}

const shortest = (gaps: number[]): number => (gaps.length > 0 ? Math.min(...gaps) : 0);
