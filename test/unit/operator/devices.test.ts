import { expect } from "chai";
import { Devices } from "../../../operator/tasks/devices";

describe("the GPUs of an operator", () => {
  it("belong to one run each, and to the next one when it has given them back", () => {
    const devices = new Devices<string>(3);
    expect(devices.take("a", 2)).deep.equal([0, 1]);
    expect(devices.take("cpu", 0)).deep.equal([]);
    expect(devices.take("b", 1)).deep.equal([2]);
    expect(devices.free()).deep.equal([]);
    devices.giveBack("a");
    devices.giveBack("a");
    expect(devices.take("c", 1)).deep.equal([0]);
    expect(devices.free()).deep.equal([1]);
  });
});
