/**
 * The convention that every program follows, so that the market can run it without knowing what it does:
 * named input files in, named output files (or folders of numbered files) out, progress as JSON lines
 * on stdout, diagnostics on stderr, and an exit code that says whether trying again elsewhere can help.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { ExitCode, InputRefused, UsageError } from "./program-errors";

export { ExitCode, InputRefused, UsageError } from "./program-errors";

/** A named file or folder that a program reads or writes. */
export interface PortDeclaration {
  name: string;
  summary: string;
  /** May be left out on the command line. */
  optional?: boolean;
  /** Output only: PATH is a folder that receives files named 00000, 00001, ... in order. */
  collection?: boolean;
}

/** A `--param KEY=VALUE` that a program takes. */
export interface ParamDeclaration {
  name: string;
  summary: string;
  /** Value when the command line has none; a parameter without a default is required. */
  default?: string;
  /** The only values that are taken, when the set is closed. */
  choices?: readonly string[];
}

/** What a program declares about itself; `--help` prints it. */
export interface ProgramDeclaration {
  name: string;
  summary: string;
  inputs: readonly PortDeclaration[];
  outputs: readonly PortDeclaration[];
  params?: readonly ParamDeclaration[];
  /** A command line that works, printed at the end of `--help`. */
  example?: string;
}

/** What a running program sees of the world. Paths are absolute. */
export interface ProgramIo {
  /** Path of an input. @throws UsageError when it is not declared or, being optional, was not given. */
  input(name: string): string;
  /** Path to write an output to. @throws UsageError as for `input`. */
  output(name: string): string;
  /** Whether an optional input was given. */
  hasInput(name: string): boolean;
  /** Whether an output was asked for. */
  hasOutput(name: string): boolean;
  /** Value of a parameter. @throws UsageError when it is not declared. */
  param(name: string): string;
  /** Reports progress, a fraction from 0 to 1, with a note for people. */
  progress(fraction: number, note?: string): void;
  /** A private folder under TMPDIR, removed when the program ends, however it ends. */
  tempDir(): Promise<string>;
  /** Aborts on SIGTERM or SIGINT: pass it to children and long loops. */
  signal: AbortSignal;
}

/** How long a program that was asked to stop may take to kill its children, in milliseconds. */
const STOP_GRACE_MS = 3_000;

type Pairs = Map<string, string>;

/** Splits `NAME=VALUE` arguments. @throws UsageError for one without "=", or a name given twice. */
function parsePairs(option: string, args: readonly string[]): Pairs {
  const pairs: Pairs = new Map();
  for (const arg of args) {
    const at = arg.indexOf("=");
    if (at < 1) throw new UsageError(`--${option} wants NAME=VALUE, got "${arg}"`);
    const name = arg.slice(0, at);
    if (pairs.has(name)) throw new UsageError(`--${option} ${name} is given twice`);
    pairs.set(name, arg.slice(at + 1));
  }
  return pairs;
}

/** Refuses names that were not declared, and required ones that are missing. */
function checkPorts(
  option: "in" | "out",
  given: Pairs,
  declared: readonly PortDeclaration[],
): void {
  const names = declared.map((port) => port.name);
  for (const name of given.keys()) {
    if (!names.includes(name)) {
      throw new UsageError(`--${option} ${name}: unknown, expected one of: ${names.join(", ")}`);
    }
  }
  for (const port of declared) {
    if (!port.optional && !given.has(port.name)) {
      throw new UsageError(`--${option} ${port.name}=PATH is missing`);
    }
  }
}

function checkParams(given: Pairs, declared: readonly ParamDeclaration[]): void {
  for (const name of given.keys()) {
    if (!declared.some((param) => param.name === name)) {
      throw new UsageError(
        `--param ${name}: unknown, expected one of: ${declared.map((param) => param.name).join(", ")}`,
      );
    }
  }
  for (const param of declared) {
    const value = given.get(param.name) ?? param.default;
    if (value === undefined) throw new UsageError(`--param ${param.name}=VALUE is missing`);
    if (param.choices && !param.choices.includes(value)) {
      throw new UsageError(
        `--param ${param.name}: "${value}" is not one of: ${param.choices.join(", ")}`,
      );
    }
    given.set(param.name, value);
  }
}

/** The declaration as text for `--help`. */
function describe(declaration: ProgramDeclaration): string {
  const port = (p: PortDeclaration) =>
    `  ${p.name.padEnd(12)} ${p.summary}${p.collection ? " (a folder of numbered files)" : ""}${p.optional ? " (optional)" : ""}`;
  const param = (p: ParamDeclaration) =>
    `  ${p.name.padEnd(12)} ${p.summary}${p.choices ? ` [${p.choices.join("|")}]` : ""}${p.default === undefined ? "" : ` (default ${p.default})`}`;
  const sections = [
    "",
    "Inputs:",
    ...declaration.inputs.map(port),
    "",
    "Outputs:",
    ...declaration.outputs.map(port),
  ];
  if (declaration.params?.length)
    sections.push("", "Parameters:", ...declaration.params.map(param));
  sections.push(
    "",
    "Exit codes: 0 done, 1 failed (a retry may help), 2 wrong usage, 3 inputs refused.",
  );
  if (declaration.example) sections.push("", "Example:", `  ${declaration.example}`);
  return sections.join("\n");
}

function parseCommandLine(declaration: ProgramDeclaration, argv: readonly string[]) {
  const collect = (value: string, all: string[]) => [...all, value];
  const command = new Command(declaration.name)
    .description(declaration.summary)
    .option("--in <NAME=FILE>", "an input (repeatable)", collect, [])
    .option("--out <NAME=PATH>", "an output (repeatable)", collect, [])
    .option("--param <KEY=VALUE>", "a parameter (repeatable)", collect, [])
    .addHelpText("after", describe(declaration))
    .exitOverride()
    .allowExcessArguments(false);
  command.parse(argv, { from: "user" });
  const options = command.opts<{ in: string[]; out: string[]; param: string[] }>();
  const inputs = parsePairs("in", options.in);
  const outputs = parsePairs("out", options.out);
  const params = parsePairs("param", options.param);
  checkPorts("in", inputs, declaration.inputs);
  checkPorts("out", outputs, declaration.outputs);
  checkParams(params, declaration.params ?? []);
  for (const [name, path] of inputs) {
    if (!existsSync(path)) throw new UsageError(`--in ${name}: no such file: ${path}`);
  }
  return { inputs, outputs, params };
}

function lookUp(kind: string, pairs: Pairs, name: string): string {
  const value = pairs.get(name);
  if (value === undefined) throw new UsageError(`${kind} "${name}" was not given`);
  return value;
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof InputRefused) return ExitCode.refused;
  return ExitCode.failed;
}

/**
 * Runs a program's body under the convention and exits the process with the matching code.
 *
 * @param declaration names of inputs, outputs and parameters; anything else on the command line is wrong usage
 * @param body does the work; throws InputRefused for inputs that no machine could process
 */
export function runProgram(
  declaration: ProgramDeclaration,
  body: (io: ProgramIo) => Promise<void>,
): void {
  const stop = new AbortController();
  let temp: Promise<string> | undefined;
  const onSignal = () => stop.abort(new Error(`${declaration.name} was asked to stop`));
  process.once("SIGTERM", onSignal).once("SIGINT", onSignal);

  const run = async () => {
    const { inputs, outputs, params } = parseCommandLine(declaration, process.argv.slice(2));
    const work = body({
      input: (name) => resolve(lookUp("input", inputs, name)),
      output: (name) => resolve(lookUp("output", outputs, name)),
      hasInput: (name) => inputs.has(name),
      hasOutput: (name) => outputs.has(name),
      param: (name) => lookUp("parameter", params, name),
      progress: (fraction, note) =>
        void process.stdout.write(
          `${JSON.stringify({ progress: Number(Math.min(1, Math.max(0, fraction)).toFixed(3)), ...(note ? { note } : {}) })}\n`,
        ),
      tempDir: () =>
        (temp ??= mkdtemp(join(tmpdir(), `${declaration.name.replaceAll("/", "-")}-`))),
      signal: stop.signal,
    });
    const stopped = new Promise<never>((_, reject) => {
      // The body gets a moment to kill its children, which may still be writing into the private folder.
      const giveUp = () => setTimeout(() => reject(stop.signal.reason as Error), STOP_GRACE_MS);
      stop.signal.addEventListener("abort", giveUp, { once: true });
    });
    await Promise.race([work, stopped]);
  };

  const finish = async (code: ExitCode) => {
    if (temp) await rm(await temp, { recursive: true, force: true });
    // Proof libraries leave worker threads behind that would keep the process alive.
    process.exit(code);
  };

  run().then(
    () => finish(ExitCode.ok),
    (error: unknown) => {
      if (!(error instanceof CommanderError)) {
        process.stderr.write(
          `${declaration.name}: ${error instanceof Error ? error.message : String(error)}\n`,
        );
      }
      return finish(exitCodeOf(error));
    },
  );
}
