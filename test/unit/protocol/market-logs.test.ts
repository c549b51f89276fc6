import { expect } from "chai";
import fc from "fast-check";
import {
  decodeEventLog,
  encodeAbiParameters,
  encodeEventTopics,
  parseEventLogs,
  type AbiParameter,
  type Hex,
  type Log,
} from "viem";
import { marketAbi } from "../../../protocol/abi";
import { readLog } from "../../../protocol/market-logs";

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((words): Hex => `0x${Buffer.from(words).toString("hex")}`);

/** Values of a parameter of the ABI. */
function valueOf(parameter: AbiParameter): fc.Arbitrary<unknown> {
  const { type } = parameter;
  const list = /^(.*)\[(\d*)\]$/.exec(type);
  if (list) {
    const [minLength, maxLength] = list[2] ? [Number(list[2]), Number(list[2])] : [0, 3];
    return fc.array(valueOf({ ...parameter, type: list[1]! }), { minLength, maxLength });
  }
  if (type === "tuple") {
    const { components } = parameter as { components: readonly AbiParameter[] };
    return fc.record(Object.fromEntries(components.map((one) => [one.name!, valueOf(one)])));
  }
  if (type === "bool") return fc.boolean();
  if (type === "address") return hex(20);
  if (type === "bytes") return fc.nat(70).chain(hex);
  if (type === "string") return fc.string();
  if (type.startsWith("bytes")) return hex(Number(type.slice(5)));
  const bits = Number(type.slice(4));
  const number = fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
  return bits > 48 ? number : number.map(Number);
}

describe("logs of the market", () => {
  it("of every event are read as viem reads them", () => {
    for (const event of marketAbi.filter((item) => item.type === "event")) {
      const inputs = event.inputs as readonly (AbiParameter & { indexed?: boolean })[];
      const args = fc.record(Object.fromEntries(inputs.map((one) => [one.name!, valueOf(one)])));
      fc.assert(
        fc.property(args, (args) => {
          const others = inputs.filter(({ indexed }) => !indexed);
          const log = {
            topics: encodeEventTopics({ abi: [event], args } as never),
            data: encodeAbiParameters(
              others,
              others.map(({ name }) => args[name!]),
            ),
          } as unknown as Log;
          const [parsed] = parseEventLogs({ abi: marketAbi, logs: [log] });
          expect(readLog(log)).to.deep.equal({ name: parsed!.eventName, args: parsed!.args });
        }),
        { numRuns: 5 },
      );
    }
  });

  it("whose bytes are put in another way, or are cut off, are read, or refused, as viem does", () => {
    const [advanced] = marketAbi.filter(({ type, ...item }) => {
      return type === "event" && "name" in item && item.name === "Advanced";
    });
    const topics = encodeEventTopics({
      abi: [advanced!],
      args: { operator: `0x${"ab".repeat(20)}` },
    } as never);
    const read = (data: Hex) => {
      try {
        return readLog({ topics, data } as never)!.args;
      } catch (error) {
        return (error as Error).name;
      }
    };
    const viems = (data: Hex) => {
      try {
        const [{ args }] = [decodeEventLog({ abi: marketAbi, topics, data } as never)];
        return args;
      } catch (error) {
        return (error as Error).name;
      }
    };
    const word = (value: number) => value.toString(16).padStart(64, "0");
    const offset = fc.constantFrom(0, 31, 32, 33, 64, 96);
    fc.assert(
      fc.property(
        offset,
        fc.nat(80),
        fc.nat(100).chain(hex),
        fc.nat(300),
        (at, size, tail, cut) => {
          const whole = `0x${word(at)}${word(size)}${tail.slice(2)}`;
          const data = whole.slice(0, cut < 200 ? undefined : 2 + 2 * (cut - 200)) as Hex;
          const ours = read(data);
          if (typeof ours === "string") expect(viems(data)).to.be.a("string");
          else expect(ours).to.deep.equal(viems(data));
        },
      ),
    );
  });

  it("of no known event are none", () => {
    expect(readLog({ topics: [`0x${"12".repeat(32)}`], data: "0x" })).to.equal(undefined);
    expect(readLog({ topics: [], data: "0x" })).to.equal(undefined);
  });
});
