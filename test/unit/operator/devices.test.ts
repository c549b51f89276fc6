import { expect } from "chai";
import { ownGpus } from "../../../operator/hardware/own-gpus";
import { FrobenError } from "../../../protocol/errors";
import { Devices } from "../../../operator/tasks/devices";

describe("the GPUs of an operator", () => {
  const gpus = [{ vramMb: 1 }, { vramMb: 2 }, { vramMb: 3 }];

  it("are all of its machine, or those that it is told", () => {
    expect(ownGpus({ gpus }, undefined)).deep.equal([0, 1, 2]);
    expect(ownGpus({ gpus }, " 2, 0")).deep.equal([2, 0]);
  });

  it("must be there, and named once", () => {
    for (const [own, value] of [
      ["0,3", 3],
      ["1,1", 1],
    ] as const)
      expect(() => ownGpus({ gpus }, own))
        .to.throw(FrobenError)
        .that.includes({ code: "config_invalid", field: "FROBEN_GPU_DEVICES", limit: 3, value });
  });

  it("belong to one run each, and to the next one when it has given them back", () => {
    const devices = new Devices<string>([1, 2, 5]);
    expect(devices.take("a", 2)).deep.equal([1, 2]);
    expect(devices.take("cpu", 0)).deep.equal([]);
    expect(devices.take("b", 1)).deep.equal([5]);
    expect(devices.free()).deep.equal([]);
    devices.giveBack("a");
    devices.giveBack("a");
    expect(devices.take("c", 1)).deep.equal([1]);
    expect(devices.free()).deep.equal([2]);
  });
});
