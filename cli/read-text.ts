import { readFile } from "node:fs/promises";
import { FrobenError } from "../protocol/errors";

/** @throws FrobenError `file_unreadable` */
export function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new FrobenError("file_unreadable", `can't read ${path}`, { value: path, cause });
  });
}
