import { cp, mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";

/** What no test reads. */
const LEFT_OUT = new Set([".git", "coverage", "typechain-types", ".froben"]);

/**
 * Copies a project, so that a mutant's artifacts can lie where every test looks for them, whatever way it reads them.
 * Installed packages are linked, not copied.
 */
export async function copyProject(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (LEFT_OUT.has(entry.name)) continue;
    if (entry.name === "node_modules") await symlink(source, target, "junction");
    else if (entry.isDirectory()) await copyProject(source, target);
    else await cp(source, target, { preserveTimestamps: true, verbatimSymlinks: true });
  }
}
