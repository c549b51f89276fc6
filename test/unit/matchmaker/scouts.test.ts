import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { Experience } from "../../../offchain/matchmaker/experience";
import { Scouts } from "../../../offchain/matchmaker/scouts";
import { Lane, type Turn } from "../../../offchain/runtime/ready-queue";

const laneOf = (workflow: number, program: string, withinSeconds?: number) =>
  new Lane(
    {
      ...{ workflow, withinSeconds, step: program, stepIndex: 0, program: sha256(program) },
      resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
      ...{ ceiling: 1n, bond: 1n, claimSeconds: 1, runSeconds: 1 },
    },
    { remainingMs: () => 0 },
  );

describe("scouts", () => {
  const lanes = [
    laneOf(1, "a"),
    laneOf(2, "b", 60),
    laneOf(1, "c"),
    laneOf(2, "d", 60),
    laneOf(2, "b", 60),
  ];
  const turns = lanes.map((lane) => ({ lane }) as Turn);
  const order = (scouts: Scouts) => {
    const before = scouts.before(turns);
    return lanes.flatMap((lane, i) => [
      ...(before.get(lane) ?? []).map((scout) => `${lanes.indexOf(scout)} scout`),
      String(i),
    ]);
  };

  it("are one for each program that nobody has run, of workflows that prefer money, and overtake nobody else's work", () => {
    const scouts = new Scouts(new Experience());
    const wanted = ["0", "1 scout", "3 scout", "1", "2", "3", "4"];
    expect(order(scouts)).to.deep.equal(wanted);
    scouts.gave(lanes[0]!);
    expect(order(scouts)).to.deep.equal(wanted);
  });

  it("are not sent again, nor to find out what is known", () => {
    const experience = new Experience();
    const scouts = new Scouts(experience);
    scouts.gave(lanes[1]!);
    expect(order(scouts)).to.deep.equal(["0", "3 scout", "1", "2", "3", "4"]);
    experience.succeeded(sha256("d"), "x", 1_000);
    expect(order(scouts)).to.deep.equal(["0", "1", "2", "3", "4"]);
  });
});
