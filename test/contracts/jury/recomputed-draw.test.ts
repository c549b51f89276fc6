import { mine, takeSnapshot, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { encodeAbiParameters, hexToBigInt, keccak256, type Hex } from "viem";
import { freshCourt, SMALL, type Court } from "../support/court";

const TRIES = 64;
const WORDS = [{ type: "uint256" }, { type: "bytes32" }, { type: "uint256" }] as const;

/** The seats of the small pool, in their order. */
async function seatsOf({ w }: Court): Promise<string[]> {
  const [count] = await w.market.poolOf(SMALL);
  return Promise.all(
    Array.from({ length: Number(count) }, (_, seat) => w.market.seatOf(SMALL, seat)),
  );
}

interface Draw {
  jurors: string[];
  /** How many seats are looked at to find them. */
  tries: number;
}

/** Five distinct jurors, if none of them has a part in the case. */
function drawn(seats: string[], hash: Hex, key: Hex): Draw {
  const jurors: string[] = [];
  let tries = 0;
  for (; jurors.length < 5; tries++) {
    const words = encodeAbiParameters(WORDS, [hexToBigInt(hash), key, BigInt(tries)]);
    const juror = seats[Number(hexToBigInt(keccak256(words)) % BigInt(seats.length))]!;
    if (!jurors.includes(juror)) jurors.push(juror);
  }
  return { jurors, tries };
}

/** Lets blocks come at other times until the draw of a case that was called in this block is like that. @returns whom it finds */
async function drawLike(court: Court, key: Hex, wanted: (draw: Draw) => boolean) {
  const drawBlock = (await ethers.provider.getBlockNumber()) + 2;
  const seats = await seatsOf(court);
  const [before, from] = [await takeSnapshot(), (await time.latest()) + 1];
  for (let later = 0; ; later++) {
    await before.restore();
    await time.setNextBlockTimestamp(from + later);
    await mine(2);
    const block = await ethers.provider.getBlock(drawBlock);
    const draw = drawn(seats, block!.hash as Hex, key);
    if (wanted(draw)) return draw.jurors;
  }
}

/** A case before a pool in which one juror has nearly all seats, so that a draw often takes about as many tries as it may. */
async function called() {
  const court = await freshCourt();
  const [rich, ...others] = court.jurors;
  await court.seat(rich!, 32, SMALL);
  const batch = await court.smallPool(others);
  const key = await court.call(batch, 0);
  return { court, w: court.w, rich: rich!.address, batch, key };
}

describe("A jury's draw", () => {
  it("is what anybody computes from the hash of the named block, if that takes no more than 64 tries", async () => {
    const { court, w, key } = await called();
    const jurors = await drawLike(court, key, ({ tries }) => tries === TRIES);
    const [event] = await w.send(w.stranger, "draw", [key]);
    expect([event!.name, event!.args.jurors.toArray()]).to.deep.equal(["JuryDrawn", jurors]);
  });

  it("is dismissed if it takes 65", async () => {
    const { court, w, key } = await called();
    await drawLike(court, key, ({ tries }) => tries === TRIES + 1);
    const events = await w.send(w.stranger, "draw", [key]);
    expect(events.map(({ name }) => name)).to.deep.equal(["CallEnded", "CaseDismissed"]);
  });

  it("after a dismissed one is computed anew: whom that one had found is as good as anybody", async () => {
    const { court, w, rich, batch, key } = await called();
    const first = ({ jurors }: Draw) => jurors[0] === rich;
    await drawLike(court, key, (draw) => first(draw) && draw.tries > TRIES);
    await w.send(w.stranger, "draw", [key]);
    await w.send(w.challenger, "callJuryDisputed", court.againArgs(batch, 0));
    const jurors = await drawLike(court, key, (draw) => first(draw) && draw.tries <= TRIES);
    const [event] = await w.send(w.stranger, "draw", [key]);
    expect([event!.name, event!.args.jurors.toArray()]).to.deep.equal(["JuryDrawn", jurors]);
  });
});
