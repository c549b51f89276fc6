import { relative } from "node:path";
import type { BuildInfo, CompilerInput, HardhatRuntimeEnvironment } from "hardhat/types";
import type { Node } from "./ast";
import { dependenciesIn, importClosure, type Units } from "./dependencies";

/** A contract that can be deployed, and what it takes to compile it. */
export interface Target {
  /** Fully qualified, `contracts/Market.sol:Market`. */
  name: string;
  source: string;
  contract: string;
  /** Path of its artifact, relative to the project. */
  artifact: string;
  build: string;
  /** Paths of the sources that it needs. */
  sources: string[];
  /** `path:name` of each definition whose code it may hold. */
  holds: string[];
}

/** Everything about the unchanged contracts that a worker needs; plain data. */
export interface Plan {
  targets: Target[];
  /** Compiler inputs by build. */
  inputs: Record<string, CompilerInput>;
  /** Version that the builds were made with, e.g. `0.8.30+commit.73712a01`. */
  solc: string;
}

/** Code that can be on a chain by itself; a library of internal functions is only part of others. */
function standsAlone(contract: Node): boolean {
  if (contract.contractKind === "interface" || contract.abstract) return false;
  return (
    contract.contractKind !== "library" ||
    contract.nodes.some((node: Node) => ["external", "public"].includes(node.visibility))
  );
}

const contractOf = (unit: Node, name: string): Node =>
  unit.nodes.find((node: Node) => node.nodeType === "ContractDefinition" && node.name === name);

const unitsOf = (output: { sources: Record<string, { ast?: Node }> }): Units =>
  Object.fromEntries(Object.entries(output.sources).map(([file, { ast }]) => [file, ast!]));

/** One of the project's own sources, as it was compiled. */
export interface OwnSource {
  unit: Node;
  text: Buffer;
}

/** Whether a mutation belongs there: in the project's contracts, but not in those that only tests use. */
const isOwn = (file: string, folder: string) =>
  file.startsWith(`${folder}/`) && !file.split("/").includes("test");

/**
 * Reads what Hardhat compiled last.
 * @returns the plan, and the project's own sources by path
 */
export async function readPlan(
  hre: HardhatRuntimeEnvironment,
): Promise<{ plan: Plan; own: Map<string, OwnSource> }> {
  const { root, sources, artifacts } = hre.config.paths;
  const plan: Plan = { targets: [], inputs: {}, solc: "" };
  const own = new Map<string, OwnSource>();
  const builds = new Map<string, { units: Units; holds: (key: string) => Set<string> }>();

  const open = ({ id, input, output, solcLongVersion }: BuildInfo) => {
    const units = unitsOf(output as never);
    plan.inputs[id] = input;
    plan.solc = solcLongVersion;
    for (const [file, unit] of Object.entries(units))
      if (isOwn(file, relative(root, sources)))
        own.set(file, { unit, text: Buffer.from(input.sources[file]!.content) });
    const build = { units, holds: dependenciesIn(units) };
    builds.set(id, build);
    return build;
  };

  for (const name of await hre.artifacts.getAllFullyQualifiedNames()) {
    const info = (await hre.artifacts.getBuildInfo(name))!;
    const { units, holds } = builds.get(info.id) ?? open(info);
    const [source, contract] = name.split(":") as [string, string];
    if (!standsAlone(contractOf(units[source]!, contract))) continue;
    plan.targets.push({
      name,
      source,
      contract,
      artifact: `${relative(root, artifacts)}/${source}/${contract}.json`,
      build: info.id,
      sources: importClosure(units, source),
      holds: [...holds(name)],
    });
  }
  return { plan, own };
}

/** @returns the contracts whose code a change of a definition may change */
export const affectedBy = (plan: Plan, definition: string): Target[] =>
  plan.targets.filter((target) => target.holds.includes(definition));
