import {
  custom,
  decodeEventLog,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionData,
  toHex,
  type AbiEvent,
  type Hex,
} from "viem";
import { network } from "hardhat";
import { marketAbi } from "../../../../protocol/abi";
import { decodeFacts, type LoggedOperations } from "../../../../protocol/operations";

/** A log as eth_getLogs answers it. */
export interface RawLog {
  topics: [Hex, ...Hex[]];
  data: Hex;
  logIndex: Hex;
  blockNumber: Hex;
}

/** A transport whose node lies about logs, and about nothing else. */
export function transportWith(tamper: (logs: RawLog[]) => RawLog[]) {
  return custom({
    async request({ method, params }: { method: string; params?: unknown[] }) {
      const answer: unknown = await network.provider.request({ method, params });
      return method === "eth_getLogs" ? tamper(answer as RawLog[]) : answer;
    },
  });
}

/** A transport whose node says of one of the market's parameters that it is zero. */
export function transportWithout(parameter: "LATE_CLAIMS") {
  const asked = encodeFunctionData({ abi: marketAbi, functionName: parameter });
  return custom({
    async request({ method, params }: { method: string; params?: unknown[] }) {
      const [call] = (params ?? []) as { data?: Hex }[];
      if (method === "eth_call" && call?.data === asked) return toHex(0, { size: 32 });
      return network.provider.request({ method, params });
    },
  });
}

const eventOf = (name: string) =>
  marketAbi.find((item) => item.type === "event" && item.name === name) as AbiEvent;

export function nameOf(log: RawLog): string {
  return decodeEventLog({ abi: marketAbi, ...log }).eventName;
}

/** @returns the same log with other arguments */
export function withArgs(log: RawLog, change: (args: Record<string, unknown>) => void): RawLog {
  const { eventName, args } = decodeEventLog({ abi: marketAbi, ...log });
  const changed: Record<string, unknown> = { ...args };
  change(changed);
  const event = eventOf(eventName);
  const plain = event.inputs.filter((input) => !input.indexed);
  return {
    ...log,
    topics: encodeEventTopics({ abi: [event], args: changed } as never) as [Hex, ...Hex[]],
    data: encodeAbiParameters(
      plain,
      plain.map((input) => changed[input.name!]),
    ),
  };
}

/** @returns what an `Advanced` says, undefined for other events */
export function factsOf(log: RawLog): LoggedOperations | undefined {
  const event = decodeEventLog({ abi: marketAbi, ...log });
  return event.eventName === "Advanced" ? decodeFacts(event.args.facts) : undefined;
}
