/** The worker that plans: apps/hub-model, compiled to WebAssembly, over the files that the page was given. */

import init, { blobIdOf, Plan as Planned } from "hub:model";

import type { Answered, Asked, Plan } from "./plan.js";

/** How often progress is told, in milliseconds. */
const TELL_MS = 100;

/** What workers have besides what pages have. */
interface WorkerScope {
  readonly FileReaderSync: new () => { readAsArrayBuffer(blob: Blob): ArrayBuffer };
  onmessage: (event: MessageEvent<Asked>) => void;
  postMessage: (answer: Answered) => void;
}
const worker = globalThis as unknown as WorkerScope;

worker.onmessage = ({ data }) => {
  init({ module_or_path: new URL("hub_model.wasm", import.meta.url) })
    .then(() => worker.postMessage("plan" in data ? { plan: planned(data.plan) } : { blobId: blobIdOf(data.blobIdOf) }))
    .catch((error: unknown) => worker.postMessage({ error: error instanceof Error ? error.message : String(error) }));
};

function planned({ name, files }: { name: string; files: readonly (readonly [string, File])[] }): Plan {
  const byPath = new Map(files);
  const reader = new worker.FileReaderSync();
  const read = (path: string, offset: number, length: number) => {
    const file = byPath.get(path);
    if (file === undefined) {
      throw new Error("it is not there any more");
    }
    try {
      return new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
    } catch {
      // What a browser says here tells nobody what to do.
      throw new Error("it was changed or removed since the folder was chosen: choose it again");
    }
  };
  let told = 0;
  const progress = (path: string, done: number, total: number) => {
    const now = Date.now();
    if (now - told >= TELL_MS || done === total) {
      told = now;
      worker.postMessage({ progress: { path, done, total } });
    }
    return true;
  };
  const plan = new Planned(
    name,
    [...byPath.keys()],
    Float64Array.from(files, ([, { size }]) => size),
    read,
    progress,
  );
  const says = JSON.parse(plan.describe()) as Omit<Plan, "quilts"> & {
    readonly quilts: readonly {
      readonly id: string;
      readonly length: number;
      readonly identifiers: readonly string[];
    }[];
  };
  const quilts = says.quilts.map(({ identifiers, ...quilt }, place) => ({
    ...quilt,
    patches: identifiers.map((identifier) => [identifier, blob(plan.patch(place, identifier))] as const),
  }));
  return { ...says, quilts, manifest: { ...says.manifest, bytes: blob(plan.manifest()) } };
}

function blob(bytes: Uint8Array): Blob {
  return new Blob([bytes as Uint8Array<ArrayBuffer>]);
}
