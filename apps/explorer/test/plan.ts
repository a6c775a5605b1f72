/** The plan of a folder on this disk, by the same WebAssembly that the page loads, in Node. */

import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of a plan that tests look at. */
export interface Planned {
  readonly release: string;
  readonly manifest: { readonly id: string };
  readonly blobs: readonly { readonly id: string }[];
  readonly quilts: readonly { readonly id: string; readonly identifiers: readonly string[] }[];
}

type Module = typeof import("hub:model") & { initSync(wasm: { readonly module: Uint8Array }): void };

const WASM = new URL("../wasm/web/", import.meta.url);
const { initSync, Plan } = (await import(new URL("hub_model.js", WASM).href)) as Module;
initSync({ module: readFileSync(fileURLToPath(new URL("hub_model_bg.wasm", WASM))) });

/** Plans the publication of a folder. */
export function planned(folder: string): Planned {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.split(sep).join("/"));
  const sizes = Float64Array.from(paths, (path) => statSync(join(folder, path)).size);
  const read = (path: string, offset: number, length: number) => {
    const file = openSync(join(folder, path), "r");
    const bytes = new Uint8Array(length);
    readSync(file, bytes, 0, length, offset);
    closeSync(file);
    return bytes;
  };
  return JSON.parse(new Plan(basename(folder), paths, sizes, read, () => true).describe()) as Planned;
}
