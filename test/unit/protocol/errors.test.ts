import { expect } from "chai";
import { FrobenError } from "../../../protocol/errors";

describe("an error", () => {
  const long = "x".repeat(70_000);

  it("quotes what it is about, cut off where that is long, and says how long it is", () => {
    const { message, field, value } = new FrobenError("code", long, { field: long, value: long });
    expect(message.length).to.equal(1_000);
    expect(field!.length).to.equal(300);
    expect(value).to.match(/^x{150,200}\.\.\. \(70000 characters\)$/);
  });

  it("is the same after it has travelled", () => {
    const error = new FrobenError("code", long, { field: long, value: long, limit: 3 });
    const { code, message, ...details } = error.toJSON();
    expect(new FrobenError(code, message, details).toJSON()).to.deep.equal(error.toJSON());
  });

  it("keeps digests, addresses, signatures and numbers whole", () => {
    for (const value of [`0x${"ab".repeat(65)}`, "a".repeat(200), 2 ** 53, true, null])
      expect(new FrobenError("code", "message", { value }).value).to.equal(value);
  });
});
