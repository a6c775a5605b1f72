/** What the build reads of the repository: see build.mjs. */

declare module "hub:health" {
  const sections: readonly import("./health.js").Section[];
  export default sections;
}

declare module "hub:checksums" {
  /** SHA-256 of the codes of this release, by contract. */
  const checksums: Readonly<Record<string, string>>;
  export default checksums;
}

declare module "hub:model" {
  /** Loads the WebAssembly of apps/hub-model-wasm. */
  export default function init(where: { readonly module_or_path: URL }): Promise<unknown>;
  export function blobIdOf(bytes: Uint8Array): string;
  /** What publishing a folder would store: apps/hub-model-wasm. */
  export class Plan {
    constructor(
      name: string,
      paths: readonly string[],
      sizes: Float64Array,
      read: (path: string, offset: number, length: number) => Uint8Array,
      progress: (path: string, done: number, total: number) => boolean,
    );
    describe(): string;
    manifest(): Uint8Array;
    patch(quilt: number, identifier: string): Uint8Array;
  }
}
