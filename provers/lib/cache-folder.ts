/** Where programs keep what is costly to make and safe to delete. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * The per-user cache folder of one prover: `FROBEN_CACHE`, else `XDG_CACHE_HOME/froben`, else `~/.cache/froben`.
 * @param prover subfolder, such as "noir"
 */
export function cacheFolder(prover: string): string {
  const { FROBEN_CACHE, XDG_CACHE_HOME } = process.env;
  const base = FROBEN_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "froben");
  return join(resolve(base), prover);
}
