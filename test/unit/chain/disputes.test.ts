import { expect } from "chai";
import { encodeAbiParameters, keccak256, type Hex } from "viem";
import { VERDICT } from "../../../protocol/abi";
import {
  assignmentRoot,
  assignmentPath,
  inputsOpening,
  inputsDigest,
} from "../../../protocol/assignment";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { judgeHash, RULE, termsOpening } from "../../../protocol/terms";
import { maskOf } from "../../../protocol/ticket";
import {
  A,
  addressOf,
  AUDITOR,
  B,
  digestOfHex,
  JURORS,
  leafOf,
  RESULT,
  Scene,
  STATEMENT,
  stepTerms,
} from "./support/scene";

const CHECK = toBytes32(sha256("check"));
/** A check program for which only A has seats. */
const LONELY = toBytes32(sha256("lonely"));
const OTHER_RESULT: Hex = "0x9999";
const WINDOW = 600;
const SALT = toBytes32(sha256("salt"));
/** Steps of the workflow. */
const [ACCEPTED, WRONG, OPEN, ALONE] = [0, 1, 2, 3];
/** Tasks of the step that is open without its coordinator, with the leaves that were fixed for them. */
const OPEN_TASKS = [32, 33, 34, 35];
const OPEN_LEAVES = OPEN_TASKS.map((task) => leafOf(task, 0));

describe("disputes in the ledger beside the contract", () => {
  let scene: Scene;

  before(async function () {
    this.timeout(120_000);
    scene = await Scene.start(async (verifier) => {
      const judged = { maxReveal: 2048, checkProgram: CHECK, jurorFee: 3n };
      const verified = { rule: RULE.verifier, window: WINDOW };
      const no = { verifier: await verifier("no"), verifierGas: 50_000 };
      const yes = { verifier: await verifier("yes"), verifierGas: 50_000 };
      return [
        stepTerms({ firstTask: 0, maxTasks: 16, window: WINDOW, judge: judged }),
        stepTerms({ firstTask: 16, maxTasks: 16, ...verified, judge: { ...judged, ...no } }),
        stepTerms({
          firstTask: 32,
          maxTasks: 8,
          ...verified,
          judge: { ...judged, ...yes, openRoot: assignmentRoot(OPEN_LEAVES) },
        }),
        stepTerms({
          firstTask: 40,
          maxTasks: 8,
          window: WINDOW,
          judge: { ...judged, checkProgram: LONELY },
        }),
      ];
    });
  });
  after(() => scene?.stop());

  const pay = (...tasks: number[]) => tasks.map((task) => scene.pay(task));
  const account = (of: number) => scene.reader.account(addressOf(of));
  const dispute = (task: number) =>
    scene.reader.openDisputes(1).find(({ key }) => key === scene.key(task));

  /** Slots that no test has used yet. */
  let slots = 0;

  /** Commits tasks of a step as a batch of their own. @returns its slot */
  async function batch(tasks: number[], step: number, by = B, attempt = 1): Promise<number> {
    const slot = slots++;
    await scene.batch(by, slot, step, tasks, attempt);
    return slot;
  }

  async function demand(task: number, step: number, slot: number, by = B): Promise<void> {
    const args = [scene.opening(by, slot, task), scene.judge(step), task] as const;
    await scene.call(AUDITOR, "demand", args);
  }

  async function callJury(task: number, step: number, slot: number, by = B): Promise<void> {
    const args = [scene.opening(by, slot, task), scene.judge(step), task] as const;
    await scene.call(AUDITOR, "callJury", args);
  }

  /** Draws a jury and has its members vote: a verdict for each, 0 for one that is silent. */
  async function judge(task: number, verdicts: number[]): Promise<void> {
    const key = scene.key(task);
    await scene.mine(4);
    await scene.call(AUDITOR, "draw", [key]);
    for (const [i, verdict] of verdicts.entries()) {
      const juror = addressOf(JURORS[i]!);
      const types = [
        { type: "bytes32" },
        { type: "address" },
        { type: "uint8" },
        { type: "bytes32" },
      ] as const;
      const sealed = keccak256(encodeAbiParameters(types, [key, juror, verdict, SALT]));
      if (verdict) await scene.call(JURORS[i]!, "vote", [key, sealed]);
    }
    await scene.pass(WINDOW + 1);
    for (const [i, verdict] of verdicts.entries())
      if (verdict) await scene.call(JURORS[i]!, "openVote", [key, verdict, SALT]);
    await scene.pass(WINDOW + 1);
    await scene.call(B, "closeCase", [key]);
  }

  it("holds the stakes and the jurors' seats", async () => {
    for (const by of [A, B, AUDITOR]) await scene.deposit(by, 5000n);
    for (const juror of JURORS) {
      await scene.deposit(juror, 500n);
      await scene.call(juror, "takeSeats", [CHECK, 1]);
    }
    await scene.call(A, "takeSeats", [LONELY, 6]);
    expect(account(A)).include({ free: 4400n, locked: 600n });
    await scene.open(700n, 0, 600);
  });

  describe("demands", () => {
    it("follows one that is answered by anybody, whose result is then paid", async () => {
      const slot = await batch([0, 1], ACCEPTED);
      await demand(0, ACCEPTED, slot);
      expect(pay(0, 1)).deep.equal(["disputed", "committed"]);
      expect(dispute(0)).include({ phase: "demanded", task: 0, attempt: 1 });
      expect(account(AUDITOR).locked).equal(4n);
      await scene.call(A, "reveal", [scene.key(0), scene.root(0), RESULT]);
      expect(account(A).owed).equal(4n);
      await scene.pass(WINDOW + 1);
      await scene.settle(B, slot);
      expect(pay(0, 1)).deep.equal(["disputed", "settled"]);
      await scene.call(AUDITOR, "closeDemand", [scene.key(0)]);
      expect(pay(0)).deep.equal(["settled"]);
      expect(scene.reader.openDisputes(1)).deep.equal([]);
    });

    it("follows one that is not answered, and the strike after it", async () => {
      const slot = await batch([2], ACCEPTED);
      await demand(2, ACCEPTED, slot);
      await scene.pass(WINDOW + 1);
      await scene.call(A, "closeDemand", [scene.key(2)]);
      expect(pay(2)).deep.equal(["struck"]);
      expect(account(AUDITOR)).include({ locked: 0n, owed: 16n });
    });

    it("follows a verifier's no to a result that hides in a dispute", async () => {
      const slot = await batch([16], WRONG);
      await demand(16, WRONG, slot);
      await scene.call(A, "challengeDisputed", [
        scene.key(16),
        scene.root(16),
        scene.judge(WRONG),
        scene.leaf(scene.root(16), 16),
        STATEMENT,
        RESULT,
      ]);
      expect(pay(16)).deep.equal(["struck"]);
      expect(account(AUDITOR).locked).equal(0n);
    });
  });

  describe("juries", () => {
    it("follows a result that is found wrong", async () => {
      const slot = await batch([3, 4], ACCEPTED);
      const before = account(AUDITOR);
      await callJury(3, ACCEPTED, slot);
      expect(dispute(3)).include({ phase: "drawing", closesAt: null });
      expect(account(AUDITOR).locked - before.locked).equal(16n);
      const { invalid, valid } = VERDICT;
      await judge(3, [invalid, invalid, invalid, valid, 0]);
      expect(pay(3, 4)).deep.equal(["struck", "committed"]);
      expect(JURORS.map((juror) => account(juror).owed)).deep.equal([3n, 3n, 3n, 0n, 0n]);
      expect(account(AUDITOR).owed - before.owed).equal(16n);
      await scene.settle(B, slot);
    });

    it("follows a call that is found unfounded: what the jurors leave of its bond is the accused's", async () => {
      const slot = await batch([5], ACCEPTED);
      const before = account(B).owed;
      await callJury(5, ACCEPTED, slot);
      await judge(5, Array<number>(5).fill(VERDICT.valid));
      expect(pay(5)).deep.equal(["settled"]);
      expect(account(B).owed - before).equal(9n + 1n); // pay, and the bond less five fees
      expect(account(AUDITOR).locked).equal(0n);
    });

    it("follows a jury that does not agree: whoever voted is paid, and the result too", async () => {
      const slot = await batch([6], ACCEPTED);
      await callJury(6, ACCEPTED, slot);
      await judge(6, [1, 1, 2, 2, 0]);
      expect(pay(6)).deep.equal(["settled"]);
    });

    it("follows a result whose inputs are found wrong: unpaid, with its bond back", async () => {
      const slot = await batch([7], ACCEPTED);
      const { locked } = account(B);
      await callJury(7, ACCEPTED, slot);
      await judge(7, Array<number>(5).fill(VERDICT.inputsWrong));
      expect(pay(7)).deep.equal(["void"]);
      expect(locked - account(B).locked).equal(40n);
      expect(scene.reader.batch(addressOf(B), slot)!.state).equal("committed");
      await scene.settle(B, slot);
    });

    it("follows appeals of an operator whose results are not accepted, won and lost", async () => {
      const slot = slots++;
      await scene.claim(B, slot, ACCEPTED, [8, 9, 10], 1);
      for (const task of [8, 9]) {
        const args = [scene.root(task), scene.judge(ACCEPTED), task, digestOfHex(RESULT)] as const;
        await scene.call(B, "appeal", [addressOf(B), slot, scene.struct(B, slot), ...args]);
      }
      expect(pay(8, 9, 10)).deep.equal(["disputed", "disputed", "claimed"]);
      await judge(8, Array<number>(5).fill(VERDICT.valid));
      await judge(9, Array<number>(5).fill(VERDICT.invalid));
      expect(pay(8, 9, 10)).deep.equal(["settled", "struck", "claimed"]);
      await scene.call(AUDITOR, "expire", [addressOf(B), slot, scene.struct(B, slot)]);
    });

    it("follows a case that is dismissed, and the demand and the jury that come after it", async () => {
      const slot = await batch([40], ALONE, A);
      await callJury(40, ALONE, slot, A);
      await scene.mine(4);
      await scene.call(B, "draw", [scene.key(40)]);
      expect(dispute(40)).include({ phase: "revealed", drawBlock: null });
      const args = [scene.key(40), scene.root(40), scene.judge(ALONE)] as const;
      await scene.call(B, "demandDisputed", args);
      await scene.call(A, "reveal", [scene.key(40), scene.root(40), RESULT]);
      await scene.call(AUDITOR, "callJuryDisputed", args);
      await scene.mine(300);
      await scene.call(B, "draw", [scene.key(40)]); // too late: another block is named
      expect(dispute(40)!.phase).equal("drawing");
      await scene.mine(4);
      await scene.call(B, "draw", [scene.key(40)]);
      await scene.pass(WINDOW + 1);
      await scene.call(B, "closeDemand", [scene.key(40)]);
      expect(pay(40)).deep.equal(["settled"]);
    });

    it("follows an appeal that is dismissed: unpaid, with its bond back", async () => {
      const slot = slots++;
      await scene.claim(A, slot, ALONE, [41], 1);
      const args = [scene.root(41), scene.judge(ALONE), 41, digestOfHex(RESULT)] as const;
      await scene.call(A, "appeal", [addressOf(A), slot, scene.struct(A, slot), ...args]);
      await scene.mine(4);
      await scene.call(B, "draw", [scene.key(41)]);
      expect(pay(41)).deep.equal(["void"]);
    });

    it("follows seats that are left, with and without a fine", async () => {
      const silent = JURORS[4]!;
      for (let seat = 4n; seat >= 0n; seat--)
        await scene.call(JURORS[Number(seat)]!, "leaveSeat", [CHECK, seat]);
      expect(account(JURORS[0]!)).include({ free: 500n, locked: 0n });
      expect(account(silent).locked).equal(0n);
      expect(account(silent).free < 500n).equal(true);
    });
  });

  describe("results on struck inputs", () => {
    const program = sha256("program");
    /** Built on a result that was struck above. */
    const inputs = { proof: { digest: sha256("proof"), source: { task: 2, attempt: 1 } } };
    const inputsOf = inputsDigest(program, {}, inputs);

    const voidArgs = (task: number, step: number) =>
      [
        judgeHash(scene.judge(step)),
        scene.leaf(scene.root(task), task),
        inputsOpening(program, {}, inputs),
        0n,
      ] as const;

    it("follows a void result, whose batch keeps its bond and is settled without its pay", async () => {
      const slot = slots++;
      await scene.batch(B, slot, ACCEPTED, [11, 12], 1, { inputsDigest: inputsOf });
      const before = account(B);
      const opening = scene.opening(B, slot, 11);
      await scene.call(AUDITOR, "voidResult", [opening, ...voidArgs(11, ACCEPTED)]);
      expect(pay(11, 12)).deep.equal(["void", "committed"]);
      expect(account(B).owed - before.owed).equal(6n); // all of the culprit's pot
      expect(account(B).locked).equal(before.locked);
      // It can be claimed again while its former attempt is still in its batch.
      await scene.claim(A, slots++, ACCEPTED, [11], 2);
      await scene.pass(WINDOW + 1);
      await scene.settle(B, slot);
      expect(pay(11, 12)).deep.equal(["claimed", "settled"]);
      expect(account(B).owed - before.owed).equal(6n + 9n);
    });

    it("follows a void result that is struck all the same", async () => {
      const slot = slots++;
      await scene.batch(B, slot, WRONG, [17, 18], 1, { inputsDigest: inputsOf });
      const opening = scene.opening(B, slot, 17);
      await scene.call(AUDITOR, "voidResult", [opening, ...voidArgs(17, WRONG)]);
      const leaf = scene.leaf(scene.root(17), 17);
      await scene.call(A, "challenge", [opening, scene.judge(WRONG), leaf, STATEMENT, RESULT]);
      expect(pay(17, 18)).deep.equal(["struck", "committed"]);
      await scene.pass(WINDOW + 1);
      await scene.settle(B, slot);
    });

    it("follows a void result into a dispute, out of which it comes with its bond alone", async () => {
      const slot = slots++;
      await scene.batch(B, slot, ACCEPTED, [13], 1, { inputsDigest: inputsOf });
      const before = account(B);
      const opening = scene.opening(B, slot, 13);
      await scene.call(AUDITOR, "voidResult", [opening, ...voidArgs(13, ACCEPTED)]);
      await demand(13, ACCEPTED, slot);
      expect(pay(13)).deep.equal(["void"]);
      await scene.call(B, "reveal", [scene.key(13), scene.root(13), RESULT]);
      await scene.pass(WINDOW + 1);
      await scene.settle(B, slot);
      await scene.call(A, "closeDemand", [scene.key(13)]);
      expect(pay(13)).deep.equal(["void"]);
      expect(account(B).owed - before.owed).equal(4n); // for revealing
      expect(before.locked - account(B).locked).equal(40n);
    });

    it("follows a result that becomes void while it is in dispute", async () => {
      const slot = slots++;
      await scene.batch(B, slot, ACCEPTED, [14], 1, { inputsDigest: inputsOf });
      await demand(14, ACCEPTED, slot);
      const key = scene.key(14);
      await scene.call(A, "voidDisputed", [key, scene.root(14), ...voidArgs(14, ACCEPTED)]);
      expect(pay(14)).deep.equal(["void"]);
      await scene.pass(WINDOW + 1);
      await scene.call(A, "closeDemand", [key]);
      expect(pay(14)).deep.equal(["struck"]);
      await scene.settle(B, slot);
    });
  });

  describe("two results for one attempt", () => {
    it("follows strikes of a batch, of a dispute and of a claim", async () => {
      const hash = judgeHash(scene.judge(WRONG));
      const slot = await batch([19, 20], WRONG);
      const receipt = await scene.receipt(B, 19, OTHER_RESULT);
      await scene.call(A, "strikeReceipt", [scene.opening(B, slot, 19), hash, 19, receipt]);
      expect(pay(19, 20)).deep.equal(["struck", "committed"]);
      await demand(20, WRONG, slot);
      await scene.call(A, "strikeReceiptDisputed", [
        scene.key(20),
        scene.root(20),
        hash,
        await scene.receipt(B, 20, OTHER_RESULT),
      ]);
      expect(pay(20)).deep.equal(["struck"]);
      await scene.pass(WINDOW + 1);
      await scene.settle(B, slot);

      const claimed = slots++;
      await scene.claim(B, claimed, WRONG, [21, 22], 1);
      await scene.call(A, "strikeReceipts", [
        addressOf(B),
        claimed,
        scene.struct(B, claimed),
        scene.root(21),
        hash,
        21,
        await scene.receipt(B, 21, RESULT),
        await scene.receipt(B, 21, OTHER_RESULT),
      ]);
      expect(pay(21, 22)).deep.equal(["struck", "claimed"]);
      await scene.commit(B, claimed, [22]);
    });
  });

  describe("a silent coordinator", () => {
    const silent = () => scene.reader.workflow(1)!.silentAt;

    it("follows a declaration that is answered, and one that is not", async () => {
      const before = account(AUDITOR);
      await scene.call(AUDITOR, "declareSilent", [1]);
      expect(silent()).equal(await scene.now());
      expect(account(AUDITOR).locked - before.locked).equal(1n);
      await scene.call(1, "answerSilence", [1]);
      expect(silent()).equal(null);
      expect(account(AUDITOR)).include({ locked: before.locked, free: before.free - 1n });
      await scene.call(AUDITOR, "declareSilent", [1]);
      await scene.pass(601);
      await scene.call(B, "endSilence", [1]);
      expect(account(AUDITOR)).include({ locked: before.locked, free: before.free - 1n });
      expect(silent()).not.equal(null);
    });

    it("follows claims without it, through a commitment, a release and an end by anyone", async () => {
      const { terms, path } = termsOpening(scene.steps, OPEN);
      const slot = slots++;
      const leaves = OPEN_LEAVES.map((leaf, i) => ({ leaf, path: assignmentPath(OPEN_LEAVES, i) }));
      await scene.call(B, "claimOpen", [addressOf(B), slot, 1, OPEN, terms, path, 1, leaves]);
      expect(pay(...OPEN_TASKS)).deep.equal(Array(4).fill("claimed"));
      expect(scene.reader.task(1, 32)).include({ attempt: 1, root: terms.judge.openRoot });
      const part = slots++;
      await scene.commit(B, slot, [32], part);
      await scene.call(B, "release", [
        addressOf(B),
        slot,
        scene.struct(B, slot),
        maskOf([33]),
        "0x",
      ]);
      await scene.pass(WINDOW + 1);
      await scene.settle(B, part);
      await scene.call(A, "expire", [addressOf(B), slot, scene.struct(B, slot)]);
      expect(pay(...OPEN_TASKS)).deep.equal(["settled", "released", "expired", "expired"]);
      const again = [leaves[1]!];
      await scene.call(A, "claimOpen", [addressOf(A), slots, 1, OPEN, terms, path, 2, again]);
      expect(scene.reader.task(1, 33)).include({ attempt: 2, pay: "claimed" });
      await scene.call(1, "answerSilence", [1]); // nobody's bond waits for it any more
      expect(silent()).equal(null);
    });
  });
});
