import { encodeAbiParameters, getAddress, keccak256, type Address, type Hex } from "viem";
import { placeText, type EventOf } from "../chain/market-event";
import type { Draw } from "../replay/court-books";
import { DRAW_TRIES, JURY_SIZE } from "../replay/shares";
import { isBefore } from "./claim-of";
import { THROUGH_CONTRACT, type Scene } from "./scene";

/** @returns the jurors that a block's hash draws; fewer than a jury if there were too few without a part in the case */
function drawn({ key, seats, parties }: Draw, seed: Hex): Address[] {
  const jurors: Address[] = [];
  for (let i = 0n; i < DRAW_TRIES && jurors.length < JURY_SIZE && seats.length > 0; i++) {
    const lot = keccak256(
      encodeAbiParameters(
        [{ type: "uint256" }, { type: "bytes32" }, { type: "uint256" }],
        [BigInt(seed), key, i],
      ),
    );
    const juror = seats[Number(BigInt(lot) % BigInt(seats.length))]!;
    if (!parties.includes(juror) && !jurors.includes(juror)) jurors.push(juror);
  }
  return jurors;
}

/** Makes a draw again with the hash of the block that was named before. */
async function checkDraw(scene: Scene, draw: Draw): Promise<void> {
  const check = scene.recorder.check("Every jury is the one that its block's hash draws");
  if (draw.drawBlock >= draw.block) {
    check.skip("it was drawn before its block");
    return;
  }
  const { hash } = await scene.client.getBlock({ blockNumber: BigInt(draw.drawBlock) });
  const due = drawn(draw, hash);
  const full = due.length === JURY_SIZE;
  check.expect(
    full ? draw.jurors.join() === due.join() : draw.jurors.length === 0,
    "jury_drawn",
    draw.where,
    () =>
      `drawn were ${draw.jurors.join(", ") || "none"}, by block ${draw.drawBlock} ${full ? due.join(", ") : "too few"}`,
  );
}

/** Holds an opened vote against the sealed one. */
function checkVote(scene: Scene, event: EventOf<"VoteOpened">): void {
  const check = scene.recorder.check("Every vote opened is the one that was sealed");
  const call = scene.calls.get(event.tx)?.call;
  if (call?.functionName !== "openVote") {
    check.skip(THROUGH_CONTRACT);
    return;
  }
  const { key, juror, verdict } = event.args;
  const [, , salt] = call.args;
  const opened = keccak256(
    encodeAbiParameters(
      [{ type: "bytes32" }, { type: "address" }, { type: "uint8" }, { type: "bytes32" }],
      [key, juror, verdict, salt],
    ),
  );
  const sealed = scene.events.findLast(
    (one) =>
      one.name === "Voted" &&
      one.args.key === key &&
      getAddress(one.args.juror) === getAddress(juror) &&
      isBefore(one, event),
  ) as EventOf<"Voted"> | undefined;
  check.expect(
    sealed?.args.sealedVote === opened,
    "vote_differs",
    placeText(event),
    () => `verdict ${verdict} of ${juror} is not what it had committed to`,
  );
}

/** Draws every jury again, and opens every vote. */
export async function checkJuries(scene: Scene): Promise<void> {
  for (const draw of scene.ledger.draws) await checkDraw(scene, draw);
  for (const event of scene.events) if (event.name === "VoteOpened") checkVote(scene, event);
}
