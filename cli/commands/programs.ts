import type { Command } from "commander";
import { resolve } from "node:path";
import {
  allowPrograms,
  forbidProgram,
  programListPath,
  readProgramList,
  type AllowedProgram,
} from "../../sdk/program-list";
import type { Cli } from "../context";
import { usage } from "../errors";
import { table } from "../render/table";

const listed = (programs: AllowedProgram[]) =>
  table(
    ["program", "version", "digest", "manifest"],
    programs.map(({ name, version, digest, manifest }) => [name, version, digest, manifest]),
  );

/** `froben operator programs`: the operator's allow-list, by digest. */
export function addPrograms(operator: Command, cli: Cli): void {
  const programs = operator
    .command("programs")
    .description("which programs an operator may run: what is not allowed is never run")
    .addHelpText(
      "after",
      "\nA program is allowed by the digest of its manifest and files: an operator does not start with one that has changed since.\nAn operator reads the list when it starts.\n\nExamples:\n  froben operator programs add provers/groth16 --data-dir ~/.froben-operator\n  froben operator programs list --data-dir ~/.froben-operator",
    );
  const command = (name: string, description: string) =>
    programs
      .command(name)
      .description(description)
      .option("--data-dir <folder>", "the operator's data folder (FROBEN_DATA_DIR)");
  const fileOf = (flags: { dataDir?: string }): string => {
    const folder = flags.dataDir ?? cli.io.env.FROBEN_DATA_DIR;
    if (!folder)
      throw usage("--data-dir", "whose list? the operator's data folder is missing", {
        hint: "give --data-dir, or set FROBEN_DATA_DIR",
      });
    return programListPath(resolve(cli.io.cwd, folder));
  };

  command("list", "the allowed programs").action(async (flags: { dataDir?: string }) => {
    const all = await readProgramList(fileOf(flags));
    cli.print(all, () => listed(all));
  });
  command("add", "allow programs as they lie on this disk now")
    .argument("<paths...>", "manifests, or folders that hold *.program.json")
    .action(async (paths: string[], flags: { dataDir?: string }) => {
      const file = fileOf(flags);
      const full = paths.map((path) => resolve(cli.io.cwd, path));
      const added = await allowPrograms(file, full);
      cli.print(added, () => listed(added));
    });
  command("remove", "take a program off the list")
    .argument("<program>", "its digest, or its name")
    .action(async (which: string, flags: { dataDir?: string }) => {
      const removed = await forbidProgram(fileOf(flags), which);
      cli.print(removed, () => listed(removed));
    });
}
