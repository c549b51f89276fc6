import type { CompilerInput, CompilerOutput } from "hardhat/types";
import type { Plan, Target } from "./plan";
import { applyEdit, type Edit } from "./source-text";

/** The parts of an artifact that a mutation changes. */
export interface Code {
  bytecode: string;
  deployedBytecode: string;
  linkReferences: object;
}

/** The source that a mutation changes, and how. */
export interface Change {
  file: string;
  edit: Edit;
}

/** A contract as the compiler made it. */
export interface Compiled {
  code: Code;
  /** What Hardhat needs to say in words why a call of this code reverted, which tests may read. */
  explanation: { input: CompilerInput; output: CompilerOutput };
}

/** The compiler that the project pins. */
const solc = require("solc") as { compile(input: string): string; version(): string };

const CODE = ["evm.bytecode", "evm.deployedBytecode"];
/** Of every contract, as far as Hardhat's explanations need it; none of this takes the compiler long. */
const FACE = ["abi", "evm.methodIdentifiers"];

/** Hardhat's types know only an older setting. */
const WITHOUT_HASH = { appendCBOR: false } as unknown as CompilerInput["settings"]["metadata"];

/** A contract that the compiler refused. */
export class NotCompiled extends Error {}

/**
 * Compiles one contract with the project's own settings, but without the metadata hash, which changes with every comment.
 * @throws NotCompiled with the compiler's first error
 */
export function compile(
  plan: Plan,
  { source, contract, build, sources }: Target,
  change?: Change,
): Compiled {
  const { language, settings, sources: texts } = plan.inputs[build]!;
  const contents = sources.map((file) => {
    const { content } = texts[file]!;
    return [
      file,
      change?.file === file ? applyEdit(Buffer.from(content), change.edit).toString() : content,
    ] as const;
  });
  const input: CompilerInput = {
    language,
    sources: Object.fromEntries(contents.map(([file, content]) => [file, { content }])),
    settings: {
      ...settings,
      metadata: WITHOUT_HASH,
      outputSelection: { "*": { "": ["ast"], "*": FACE }, [source]: { [contract]: CODE } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as CompilerOutput & {
    errors?: { severity: string; message: string }[];
  };
  const error = output.errors?.find((one) => one.severity === "error");
  if (error) throw new NotCompiled(error.message);
  const { bytecode, deployedBytecode } = output.contracts[source]![contract]!.evm;
  const code = {
    bytecode: `0x${bytecode.object}`,
    deployedBytecode: `0x${deployedBytecode.object}`,
    linkReferences: bytecode.linkReferences,
  };
  return { code, explanation: { input, output: withoutGaps(output) } };
}

const NO_CODE = { object: "", opcodes: "", sourceMap: "", linkReferences: {} };

/** Hardhat expects code of every contract, be it empty. */
function withoutGaps(output: CompilerOutput): CompilerOutput {
  for (const file of Object.values(output.contracts))
    for (const contract of Object.values(file))
      contract.evm = Object.assign(
        { bytecode: NO_CODE, deployedBytecode: { ...NO_CODE, immutableReferences: {} } },
        contract.evm,
      );
  return output;
}

/** @returns whether this process has the compiler that the builds were made with */
export const hasCompiler = (version: string): boolean => solc.version().startsWith(version);

export const sameCode = (a: Code, b: Code): boolean => JSON.stringify(a) === JSON.stringify(b);
