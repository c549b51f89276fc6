import type { Client } from "../sdk";
import type { CliConfig, GlobalFlags } from "./config";
import type { Rendered } from "./render/table";

/** Where the command line reads from and writes to; tests pass their own. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  env: Record<string, string | undefined>;
  cwd: string;
  /** Whether output may be coloured and redrawn. */
  isTerminal: boolean;
}

/** What every command gets. */
export interface Cli {
  io: Io;
  flags(): GlobalFlags;
  /** What is known of where the market is. @throws FrobenError `config_invalid` */
  place(): Promise<Partial<CliConfig>>;
  /** @param signing whether the command needs the requester's key @throws FrobenError `config_missing`, `key_missing` */
  client(options?: { signing?: boolean }): Promise<Client>;
  /** Prints a result: as JSON with --json, else for people. */
  print(data: unknown, human: () => Rendered): void;
  /** A line for people only, on the error stream. */
  note(line: string): void;
}
