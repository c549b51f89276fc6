import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Market } from "./market";

/** Gives each test of a suite a coordinator of its own, and takes everything away after it. @param set gets it */
export function eachWithMarket(set: (market: Market) => void): void {
  let folder: string;
  let market: Market;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "froben-coordinator-"));
    market = await new Market(join(folder, "db.sqlite")).start();
    set(market);
  });
  afterEach(async () => {
    await market.stop();
    rmSync(folder, { recursive: true });
  });
}
