/** What only Node has: a tally in a file. */

import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Store } from "./store.js";

/** A store in a file that only its owner can read, since it holds the keys of sessions. A crash leaves the old state or the new one. */
export function fileStore(path: string): Store {
  return {
    load: async () => {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        // Nothing only where there is nothing: a file that cannot be read must not look like a new beginning.
        if (error instanceof Error && "code" in error && error.code === "ENOENT") {
          return undefined;
        }
        throw error;
      }
    },
    save: async (state) => {
      const file = await open(`${path}.new`, "w", 0o600);
      try {
        await file.writeFile(state);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
      const folder = await open(dirname(path), "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}
