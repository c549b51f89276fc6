import { expect } from "chai";
import { createStrikes } from "../../../operator/chain/strikes";

interface Struck {
  blockNumber: bigint;
  args: { workflow: number; task: number; attempt: number };
}
const struckAt = (block: number, task: number): Struck => ({
  blockNumber: BigInt(block),
  args: { workflow: 1, task, attempt: 1 },
});

describe("the strikes that an operator reads before it takes work on", () => {
  let logs: Struck[];
  let head: { number: number; hash: string };
  let asked: [number, number][];
  const sources = [0, 1, 2].map((task) => ({ task, attempt: 1 }));

  /** A node that finds the events of a list. */
  function strikes() {
    const getLogs = ({ fromBlock, toBlock }: { fromBlock: bigint; toBlock: bigint }) => {
      asked.push([Number(fromBlock), Number(toBlock)]);
      const within = ({ blockNumber: at }: Struck) => at >= fromBlock && at <= toBlock;
      return Promise.resolve(logs.filter(within));
    };
    const chain = { client: { getLogs }, market: "0x", fromBlock: 10 };
    return createStrikes(chain as never, () => head);
  }
  beforeEach(() => {
    [logs, asked, head] = [[], [], { number: 100, hash: "0xa" }];
  });

  it("name the inputs that were struck, of this workflow only", async () => {
    logs = [struckAt(50, 1)];
    const all = strikes();
    expect(await all.among(1, sources)).to.deep.equal([sources[1]]);
    expect(await all.among(2, sources)).to.deep.equal([]);
  });

  it("are read once a block, and only for work that has inputs of others", async () => {
    const all = strikes();
    await all.among(1, []);
    expect(asked).to.deep.equal([]);
    await all.among(1, sources);
    await all.among(1, sources);
    expect(asked).to.deep.equal([[10, 100]]);
  });

  it("follow reorganisations: the newest blocks are read again", async () => {
    logs = [struckAt(20, 0), struckAt(99, 1)];
    const all = strikes();
    expect(await all.among(1, sources)).to.deep.equal([sources[0], sources[1]]);
    logs = [struckAt(20, 0), struckAt(98, 2)];
    head = { number: 99, hash: "0xb" };
    expect(await all.among(1, sources)).to.deep.equal([sources[0], sources[2]]);
    expect(asked.at(-1)).to.deep.equal([36, 99]);
  });

  it("of a long history are read piece by piece", async () => {
    head = { number: 10_020, hash: "0xa" };
    await strikes().among(1, sources);
    expect(asked).to.deep.equal([
      [10, 5_009],
      [5_010, 10_009],
      [10_010, 10_020],
    ]);
  });
});
