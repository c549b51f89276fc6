import { runCli } from "../../../cli/program";

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** Runs a command line as a user would, apart from the process. */
export async function run(
  args: string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Outcome> {
  let out = "";
  let err = "";
  const code = await runCli(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    env: options.env ?? {},
    cwd: options.cwd ?? "/",
    isTerminal: false,
  });
  return { code, out, err };
}
