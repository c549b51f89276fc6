import { expect } from "chai";
import { registerSchema } from "../../../protocol/http";
import { eachWithMarket } from "./support/each-with-market";
import type { Market, TestOperator } from "./support/market";
import { PROGRAM, proofs } from "./support/specs";

const programs = [PROGRAM.prove];
const machine = {
  id: "shared",
  cores: 32,
  memoryMb: 64_000,
  gpus: [{ vramMb: 24_000 }, { vramMb: 24_000 }],
};
const offer = (cores: number, gpus = 0) => ({
  ...{ cores, memoryMb: 32_000, gpus },
  vramMb: gpus === 0 ? 0 : 24_000,
});

describe("operators of one machine", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  const given = async (operator: TestOperator) =>
    (await operator.sync()).flatMap(({ tasks }) => tasks.map(({ task }) => task));

  it("each get no more at once than they offer of it, and why says so", async () => {
    const small = await market.operator({ programs, machine, offer: offer(8), concurrency: 4 });
    await market.submit(1, proofs(8, { resources: { cores: 5, memoryMb: 1_000 } }));
    expect(await given(small)).to.deep.equal([0]);
    const rejected = () => market.coordinator.views.whyTask(1, 1, 5).operators!.rejections;
    expect(rejected().map(({ code, count }) => [code, count])).to.deep.equal([["in_use", 1]]);
    expect(rejected()[0]!.operators[0]!.expectedRoom).to.be.a("number");
    const large = await market.operator({ programs, machine, offer: offer(24), concurrency: 8 });
    expect(await given(large)).to.deep.equal([1, 2, 3, 4]);
    expect(market.coordinator.views.whyTask(1, 5, 5).operators!.rejections).to.have.length(1);
  });

  it("keep to what they offer over a restart of the coordinator", async () => {
    const small = await market.operator({ programs, machine, offer: offer(8), concurrency: 4 });
    await market.submit(1, proofs(4, { resources: { cores: 4, memoryMb: 1_000 } }));
    expect(await given(small)).to.deep.equal([0, 1]);
    await market.stop();
    await market.start();
    await market.settle();
    expect(await given(small)).to.deep.equal([]);
    const { rejections } = market.coordinator.views.whyTask(1, 2, 5).operators!;
    expect(rejections.map(({ code }) => code)).to.deep.equal(["in_use"]);
  });

  it("can't use the same GPU, unless the other one is away", async () => {
    const first = await market.operator({ programs, machine, offer: offer(8, 1) });
    const second = { programs, machine, offer: offer(8, 1) };
    const refusal = await market.operator(second).catch((error: unknown) => error);
    expect(refusal).to.include({ code: "gpu_conflict", field: "devices", value: 0, status: 409 });
    expect(refusal).to.have.property("message").that.contains(first.address);
    await market.operator({ ...second, devices: [1] });
    await market.operator({ ...second, machine: { ...machine, id: "another" } });
    market.register(first, { programs, machine, offer: offer(4, 1) });
    await market.pass(16_000);
    await market.operator(second);
  });

  it("are booked their own GPUs alone", async () => {
    const both = { programs, machine, concurrency: 4 };
    const first = await market.operator({ ...both, offer: offer(8, 1), devices: [1] });
    const need = { cores: 1, memoryMb: 1_000, gpus: 1, vramMb: 24_000 };
    await market.submit(1, proofs(3, { resources: need }));
    expect(await given(first)).to.deep.equal([0]);
    const { rejections } = market.coordinator.views.whyTask(1, 1, 5).operators!;
    expect(rejections.map(({ code }) => code)).to.deep.equal(["in_use"]);
    const second = await market.operator({ ...both, offer: offer(8, 1), devices: [0] });
    expect(await given(second)).to.deep.equal([1]);
  });

  it("name GPUs that there are, each once, and as many as they offer", () => {
    const said = { name: "x", machine, offer: offer(1, 1), programs: [], concurrency: 1 };
    const mistakes = (devices: number[]) =>
      registerSchema
        .safeParse({ ...said, priceBps: 1, speed: 1, devices })
        .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    expect(mistakes([1])).to.equal(undefined);
    expect(mistakes([0, 1])).to.deep.equal(["devices: must be as many as offer.gpus"]);
    expect(mistakes([1, 1])).to.include("devices: each GPU once");
    expect(mistakes([2])).to.deep.equal(["devices: the machine has no such GPU"]);
  });
});
