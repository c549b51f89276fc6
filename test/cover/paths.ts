import { join } from "node:path";

export const root = join(__dirname, "../..");

/** Where the contracts with marks are built; git ignores it, and it is removed at the end. */
export const BUILD_FOLDER = join(root, "coverage");
