import {
  bytesToHex,
  encodeAbiParameters,
  encodeFunctionData,
  keccak256,
  numberToHex,
  type Address,
  type Hex,
} from "viem";
import { marketAbi } from "../../../../protocol/abi";
import { assignmentPath, inputsOpening, type Leaf } from "../../../../protocol/assignment";
import { commitmentHash } from "../../../../protocol/commitment";
import { sha256, toBytes32, type Digest } from "../../../../protocol/digest";
import { marketDomain } from "../../../../protocol/eip712";
import { merklePath } from "../../../../protocol/merkle";
import { receiptsToSign } from "../../../../protocol/receipts";
import { judgeHash, termsOpening } from "../../../../protocol/terms";
import {
  maskOf,
  packTicket,
  ticketStruct,
  unpackTicket,
  withMask,
} from "../../../../protocol/ticket";
import { CHECK_PROGRAM, type SampleRun } from "./sample-workflow";
import type { Held, Opened, TestMarket } from "./test-market";

export const PROGRAM = toBytes32(CHECK_PROGRAM);
export const VERDICT = { valid: 1, invalid: 2, inputsWrong: 3, unavailable: 4 } as const;
const SALT = toBytes32(sha256("salt"));

/** Plays demands, juries, receipts, void results and silence on a test market. Each call is one transaction. */
export class TestCourt {
  constructor(readonly market: TestMarket) {}

  #send(from: Address, call: Parameters<typeof encodeFunctionData<typeof marketAbi>>[0]) {
    return this.market.send(from, call);
  }

  /** Accounts that have no part in any workflow. */
  get jurors(): Address[] {
    return this.market.env.accounts.slice(10, 15).map(({ address }) => address);
  }

  key(held: Held, task: number): Hex {
    const { attempt } = unpackTicket(held.ticket);
    const key = (BigInt(held.opened.id) << 48n) | (BigInt(task) << 16n) | BigInt(attempt);
    return numberToHex(key, { size: 32 });
  }

  // ---------------------------------------------------------------- demands

  demand(held: Held, task: number, by: Address) {
    return this.#send(by, {
      abi: marketAbi,
      functionName: "demand",
      args: [this.market.batchOpening(held, task), this.market.judgeOf(held), task],
    });
  }

  reveal(held: Held, task: number, result: Uint8Array, by = held.operator) {
    return this.#send(by, {
      abi: marketAbi,
      functionName: "reveal",
      args: [this.key(held, task), held.ticket.root, bytesToHex(result)],
    });
  }

  closeDemand(held: Held, task: number, by: Address) {
    return this.#send(by, {
      abi: marketAbi,
      functionName: "closeDemand",
      args: [this.key(held, task)],
    });
  }

  challengeDisputed(
    held: Held,
    task: number,
    statement: Uint8Array,
    result: Uint8Array,
    by: Address,
  ) {
    return this.#send(by, {
      abi: marketAbi,
      functionName: "challengeDisputed",
      args: [
        this.key(held, task),
        held.ticket.root,
        this.market.judgeOf(held),
        this.market.leafOpening(held, task),
        bytesToHex(statement),
        bytesToHex(result),
      ],
    });
  }

  // ---------------------------------------------------------------- juries

  takeSeats(juror: Address, count = 1) {
    return this.#send(juror, {
      abi: marketAbi,
      functionName: "takeSeats",
      args: [PROGRAM, count],
    });
  }

  leaveSeat(juror: Address, seat: number) {
    return this.#send(juror, {
      abi: marketAbi,
      functionName: "leaveSeat",
      args: [PROGRAM, BigInt(seat)],
    });
  }

  /** @returns the number of a seat of somebody's */
  async seatOf(juror: Address): Promise<number> {
    const { chain, market } = this.market.env;
    const at = { address: market, abi: marketAbi } as const;
    const [seats] = await chain.readContract({ ...at, functionName: "poolOf", args: [PROGRAM] });
    for (let seat = 0n; seat < seats; seat++) {
      const args = [PROGRAM, seat] as const;
      if ((await chain.readContract({ ...at, functionName: "seatOf", args })) === juror)
        return Number(seat);
    }
    throw new Error(`${juror} has no seat`);
  }

  /** Stakes and seats some accounts, one seat each. */
  async seat(jurors = this.jurors): Promise<void> {
    for (const juror of jurors) {
      await this.market.deposit(juror, 2n * this.market.env.parameters.minStake);
      await this.takeSeats(juror);
    }
  }

  callJury(held: Held, task: number, by: Address) {
    return this.#send(by, {
      abi: marketAbi,
      functionName: "callJury",
      args: [this.market.batchOpening(held, task), this.market.judgeOf(held), task],
    });
  }

  callJuryDisputed(held: Held, task: number, by: Address) {
    return this.#send(by, {
      abi: marketAbi,
      functionName: "callJuryDisputed",
      args: [this.key(held, task), held.ticket.root, this.market.judgeOf(held)],
    });
  }

  /** The operator appeals with a result; the task leaves what it holds. @returns what the dispute is of */
  async appeal(held: Held, task: number, result: Uint8Array): Promise<Held> {
    await this.#send(held.operator, {
      abi: marketAbi,
      functionName: "appeal",
      args: [
        held.operator,
        held.slot,
        ticketStruct(held.ticket),
        held.ticket.root,
        this.market.judgeOf(held),
        task,
        toBytes32(sha256(result)),
      ],
    });
    const of = { ...held };
    const { mask } = unpackTicket(held.ticket);
    held.ticket = withMask(held.ticket, mask & ~maskOf([task]));
    return of;
  }

  draw(held: Held, task: number) {
    return this.#send(this.market.requester, {
      abi: marketAbi,
      functionName: "draw",
      args: [this.key(held, task)],
    });
  }

  /** Waits for the block that draws, and draws. @returns the jurors, or undefined if the case was dismissed */
  async drawn(held: Held, task: number): Promise<readonly Address[] | undefined> {
    await this.market.env.test.mine({ blocks: 2 });
    const events = await this.draw(held, task);
    return events.find((event) => event.eventName === "JuryDrawn")?.args.jurors;
  }

  #sealed(key: Hex, juror: Address, verdict: number): Hex {
    return keccak256(
      encodeAbiParameters(
        [{ type: "bytes32" }, { type: "address" }, { type: "uint8" }, { type: "bytes32" }],
        [key, juror, verdict, SALT],
      ),
    );
  }

  /** Jurors vote; zero: stays silent. */
  async vote(held: Held, task: number, jurors: readonly Address[], verdicts: number[]) {
    const key = this.key(held, task);
    for (const [i, verdict] of verdicts.entries())
      if (verdict > 0)
        await this.#send(jurors[i]!, {
          abi: marketAbi,
          functionName: "vote",
          args: [key, this.#sealed(key, jurors[i]!, verdict)],
        });
  }

  async openVotes(held: Held, task: number, jurors: readonly Address[], verdicts: number[]) {
    for (const [i, verdict] of verdicts.entries())
      if (verdict > 0)
        await this.#send(jurors[i]!, {
          abi: marketAbi,
          functionName: "openVote",
          args: [this.key(held, task), verdict, SALT],
        });
  }

  closeCase(held: Held, task: number) {
    return this.#send(this.market.requester, {
      abi: marketAbi,
      functionName: "closeCase",
      args: [this.key(held, task)],
    });
  }

  /** A jury that was called is drawn, and judges. */
  async judge(held: Held, task: number, verdicts: number[]): Promise<void> {
    await this.sit(held, task, (await this.drawn(held, task))!, verdicts);
  }

  /** Jurors vote and open their votes, and the case is closed. */
  async sit(
    held: Held,
    task: number,
    jurors: readonly Address[],
    verdicts: number[],
  ): Promise<void> {
    const window = held.opened.steps[unpackTicket(held.ticket).step]!.window;
    await this.vote(held, task, jurors, verdicts);
    await this.market.pass(window + 1);
    await this.openVotes(held, task, jurors, verdicts);
    await this.market.pass(2 * window + 1);
    await this.closeCase(held, task);
  }

  // ---------------------------------------------------------------- receipts

  async receipt(held: Held, task: number, result: Uint8Array, signer = held.operator) {
    const resultDigest = toBytes32(sha256(result));
    const account = this.market.env.accounts.find(({ address }) => address === signer)!;
    const { market, chain } = this.market.env;
    const chainId = chain.chain.id;
    const commitment = commitmentHash({
      chainId,
      market,
      workflow: held.opened.id,
      task,
      attempt: unpackTicket(held.ticket).attempt,
      operator: held.operator,
      root: held.ticket.root,
      resultDigest,
    });
    const together = [keccak256("0x"), commitment]; // signed beside another word
    const signature = await account.signTypedData(
      receiptsToSign(marketDomain(chainId, market), together),
    );
    return { resultDigest, path: merklePath(together, 1), signature };
  }

  async strikeReceipt(held: Held, task: number, result: Uint8Array, by: Address, signer?: Address) {
    return this.#send(by, {
      abi: marketAbi,
      functionName: "strikeReceipt",
      args: [
        this.market.batchOpening(held, task),
        judgeHash(this.market.judgeOf(held)),
        task,
        await this.receipt(held, task, result, signer),
      ],
    });
  }

  async strikeReceipts(held: Held, task: number, results: [Uint8Array, Uint8Array], by: Address) {
    await this.#send(by, {
      abi: marketAbi,
      functionName: "strikeReceipts",
      args: [
        held.operator,
        held.slot,
        ticketStruct(held.ticket),
        held.ticket.root,
        judgeHash(this.market.judgeOf(held)),
        task,
        await this.receipt(held, task, results[0]),
        await this.receipt(held, task, results[1]),
      ],
    });
    const { mask } = unpackTicket(held.ticket);
    held.ticket = withMask(held.ticket, mask & ~maskOf([task]));
  }

  setDelegate(operator: Address, delegate: Address) {
    return this.#send(operator, {
      abi: marketAbi,
      functionName: "setDelegate",
      args: [delegate],
    });
  }

  // ---------------------------------------------------------------- void results

  #voidArgs(run: SampleRun, held: Held, task: number, culprit: number) {
    const step = run.opened.spec.steps[unpackTicket(held.ticket).step]!;
    const inputs = inputsOpening(
      step.program,
      step.params,
      Object.fromEntries(
        Object.entries(run.inputsOf(task)).map(([name, input]) => [
          name,
          typeof input === "string" ? { digest: input as Digest } : input,
        ]),
      ),
    );
    const index = inputs.inputs.findIndex(
      ({ source }) => (source >> 16n) % 2n ** 32n === BigInt(culprit) && source > 0n,
    );
    return {
      judge: judgeHash(this.market.judgeOf(held)),
      leaf: this.market.leafOpening(held, task),
      inputs,
      index: BigInt(index),
    };
  }

  voidResult(run: SampleRun, held: Held, task: number, culprit: number, by: Address) {
    const { judge, leaf, inputs, index } = this.#voidArgs(run, held, task, culprit);
    return this.#send(by, {
      abi: marketAbi,
      functionName: "voidResult",
      args: [this.market.batchOpening(held, task), judge, leaf, inputs, index],
    });
  }

  voidDisputed(run: SampleRun, held: Held, task: number, culprit: number, by: Address) {
    const { judge, leaf, inputs, index } = this.#voidArgs(run, held, task, culprit);
    return this.#send(by, {
      abi: marketAbi,
      functionName: "voidDisputed",
      args: [this.key(held, task), held.ticket.root, judge, leaf, inputs, index],
    });
  }

  // ---------------------------------------------------------------- silence

  silenceCall(
    from: Address,
    functionName: "declareSilent" | "answerSilence" | "endSilence",
    workflow: number,
  ) {
    return this.#send(from, { abi: marketAbi, functionName, args: [workflow] });
  }

  /** Claims tasks of the first step without a coordinator. */
  async claimOpen(
    opened: Opened,
    operator: Address,
    leaves: Leaf[],
    { tasks, attempt = 1, slot = 1_000 }: { tasks: number[]; attempt?: number; slot?: number },
  ): Promise<Held> {
    const { terms, path } = termsOpening(opened.steps, 0);
    const openings = tasks.map((task) => {
      const index = leaves.findIndex((leaf) => leaf.task === task);
      return { leaf: leaves[index]!, path: assignmentPath(leaves, index) };
    });
    await this.#send(operator, {
      abi: marketAbi,
      functionName: "claimOpen",
      args: [operator, slot, opened.id, 0, terms, path, attempt, openings],
    });
    const ticket = packTicket({
      workflow: opened.id,
      step: 0,
      attempt,
      word: 0,
      mask: maskOf(tasks),
      price: terms.ceiling,
      bond: terms.bond,
      rule: terms.rule,
      window: terms.window,
      open: true,
      root: terms.judge.openRoot,
      judgeHash: judgeHash(terms.judge),
    });
    return { opened, operator, slot, ticket, leaves, commitments: [], results: [] };
  }
}
