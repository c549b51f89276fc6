import { expect } from "chai";
import type { Clock } from "../../../operator/clock";
import { PATIENT, retryDelay, withRetry } from "../../../operator/coordinator-client/retry";
import { FrobenError } from "../../../protocol/errors";

const away = () => new FrobenError("coordinator_unreachable", "no answer", { retryable: true });

/** A clock whose sleeps pass at once. */
function quickClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  let now = 0;
  return {
    slept,
    now: () => now,
    async sleep(ms) {
      slept.push(ms);
      now += ms;
    },
  };
}

describe("requests to a coordinator that is away", () => {
  it("are repeated for about a minute, and the last error comes out", async () => {
    const clock = quickClock();
    const error = await withRetry(clock, PATIENT, undefined, () => Promise.reject(away())).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property("code", "coordinator_unreachable");
    expect(clock.now()).to.be.within(45_000, 90_000);
  });

  it("are heard within three seconds of its return, however long it was away", async () => {
    for (const awayMs of [1_000, 10_000, 40_000]) {
      const clock = quickClock();
      await withRetry(clock, PATIENT, undefined, async () => {
        if (clock.now() < awayMs) throw away();
      });
      expect(clock.now() - awayMs).to.be.at.most(3_000);
    }
  });

  it("spread: operators that lost it at the same time do not come back at the same time", () => {
    expect(retryDelay(PATIENT, 3, 0)).to.equal(750);
    expect(retryDelay(PATIENT, 3, 1)).to.equal(1_000);
  });

  it("are not repeated when the answer is final", async () => {
    const clock = quickClock();
    const refused = new FrobenError("attempt_stale", "another has taken its place");
    await withRetry(clock, PATIENT, undefined, () => Promise.reject(refused)).catch(() => {});
    expect(clock.slept).to.deep.equal([]);
  });
});
