import { expect } from "chai";
import { BlockPace, type Head } from "../../../protocol/block-pace";

const POLL = 250;

const block = (number: number, at: number): Head => ({
  hash: `block ${number}`,
  number,
  timestamp: Math.floor(at / 1000),
});

/** Looks at a chain as a follower does. @returns how often it looked, and the longest time that a block went unseen */
function follow(blocks: number[], until: number): { looks: number; latest: number } {
  const pace = new BlockPace(POLL);
  let looks = 0;
  let latest = 0;
  let seen = -1;
  for (let now = 0; now < until; now += pace.pauseMs(now)) {
    looks++;
    const number = blocks.filter((at) => at <= now).length - 1;
    if (number > seen) latest = Math.max(latest, now - blocks[seen + 1]!);
    seen = number;
    if (number >= 0) pace.saw(block(number, blocks[number]!), now);
  }
  return { looks, latest };
}

const every = (ms: number, count: number) => Array.from({ length: count }, (_, i) => 100 + i * ms);

describe("block pace", () => {
  it("looks less than half as often at a chain of steady blocks, and sees none later than one poll", () => {
    const { looks, latest } = follow(every(2_000, 100), 200_000);
    expect(looks).to.be.lessThan(200_000 / POLL / 2);
    expect(latest).to.be.at.most(POLL);
  });

  it("sees every block in time after a long absence, during which many blocks came", () => {
    const pace = new BlockPace(POLL);
    pace.saw(block(0, 0), 0);
    pace.saw(block(10, 20_000), 21_900);
    expect(pace.pauseMs(21_900)).to.equal(POLL);
  });

  it("leaves out at most eight looks, however slow the chain", () => {
    const pace = new BlockPace(POLL);
    for (let number = 0; number < 6; number++)
      pace.saw(block(number, number * 3_600_000), number * 3_600_000);
    pace.saw(block(6, 6 * 3_600_000), 5 * 3_600_000 + POLL);
    expect(pace.pauseMs(5 * 3_600_000 + POLL)).to.equal(8 * POLL);
  });

  it("looks at every poll at a chain whose blocks come as they are sent", () => {
    const pace = new BlockPace(POLL);
    const times = [0, 100, 9_000, 9_050, 20_000];
    for (const [number, at] of times.entries()) pace.saw(block(number, at), at);
    expect(pace.pauseMs(20_000)).to.equal(POLL);
  });

  it("goes back to every poll once a due block is late", () => {
    const pace = new BlockPace(POLL);
    for (const at of [0, 2_000, 4_000]) {
      pace.saw(block(at / 2_000 - 1, at - 2_000), at - POLL);
      pace.saw(block(at / 2_000, at), at);
    }
    expect(pace.pauseMs(4_000)).to.equal(0.9 * 2_000 - POLL);
    expect(pace.pauseMs(5_800)).to.equal(POLL);
  });

  it("does not take a reorganisation to a shorter chain for a gap", () => {
    const pace = new BlockPace(POLL);
    pace.saw(block(9, 18_000), 18_000);
    pace.saw({ ...block(8, 17_000), hash: "another" }, 18_250);
    expect(pace.pauseMs(18_250)).to.equal(POLL);
  });

  /** Blocks every `gap` seconds by the clock, `stamp` by their own times, looked for at every poll. @returns who has seen them until `until` */
  function paced(gap: number, stamp: number, until: number): BlockPace {
    const pace = new BlockPace(POLL);
    for (let now = 0; now <= until; now += POLL) {
      const number = Math.floor(now / gap);
      pace.saw(block(number, number * stamp), now);
    }
    return pace;
  }

  it("knows how long a transaction can wait for more to go along: until three quarters of a gap are over", () => {
    const pace = paced(4_000, 4_000, 16_000);
    // The block at 16,000 came after the look at 15,750.
    expect(pace.spareMs(16_000)).to.equal(16_000 - POLL + 3_000 - 16_000);
    expect(pace.spareMs(18_000)).to.equal(750);
    expect(pace.spareMs(18_750)).to.equal(0);
    expect(pace.spareMs(60_000)).to.equal(0);
  });

  it("lets nothing wait while no gap is known, and by the clock where the blocks' times run ahead of it", () => {
    const fresh = new BlockPace(POLL);
    expect(fresh.spareMs(0)).to.equal(0);
    fresh.saw(block(5, 10_000), 10_000);
    expect(fresh.spareMs(10_000)).to.equal(0);
    const fast = paced(1_000, 12_000, 8_000);
    expect(fast.spareMs(8_000)).to.equal(750 - POLL);
  });
});
