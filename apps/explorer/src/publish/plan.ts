/** What publishing a folder would store, planned in a worker: the page stays quick, and to cancel is to end the worker. */

import type { ChosenFolder } from "./folder.js";

/** What publishing a folder would store. Nothing has left the browser yet. */
export interface Plan {
  /** Blob id that the release is published under. */
  readonly release: string;
  readonly manifest: Stored & { readonly bytes: Blob };
  /** Files, and parts of files, that become a blob each. */
  readonly blobs: readonly (Stored & { readonly path: string; readonly offset: number })[];
  /** Blobs that hold small files. */
  readonly quilts: readonly (Stored & { readonly patches: readonly (readonly [identifier: string, bytes: Blob])[] })[];
  readonly warnings: readonly {
    readonly path: string | null;
    readonly text: string;
    /** Whether it should keep the author from publishing. */
    readonly stops: boolean;
  }[];
  readonly description: Description;
  /** Bytes of storage that Walrus charges for. */
  readonly storage: number;
  /** What proves the size of the release's blob to the registry. */
  readonly proof: { readonly size: string; readonly rootHash: string };
}

/** A blob with its id and length. */
export interface Stored {
  readonly id: string;
  readonly length: number;
}

/** What `hub.toml` says. */
export interface Description {
  readonly title: string | null;
  readonly description: string | null;
  readonly task: string | null;
  readonly license: string | null;
  readonly tags: readonly string[];
  readonly homepage: string | null;
}

/** What the worker is asked. */
export type Asked =
  | { readonly plan: { readonly name: string; readonly files: readonly (readonly [string, File])[] } }
  | { readonly blobIdOf: Uint8Array };

/** What the worker answers; progress any number of times before. */
export type Answered =
  { readonly progress: Progress } | { readonly plan: Plan } | { readonly blobId: string } | { readonly error: string };

/** How far it has come with a file: bytes of work done, of all. */
export interface Progress {
  readonly path: string;
  readonly done: number;
  readonly total: number;
}

/** Plans the publication of a folder. It ends as soon as `signal` says so. */
export async function planOf(
  { name, files }: ChosenFolder,
  progress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Plan> {
  const answer = await ask({ plan: { name, files: [...files] } }, progress, signal);
  if (!("plan" in answer)) {
    throw new Error("the worker answers something else");
  }
  return answer.plan;
}

/** The blob id of bytes. */
export async function blobIdOf(bytes: Uint8Array): Promise<string> {
  const answer = await ask({ blobIdOf: bytes }, () => undefined, new AbortController().signal);
  return "blobId" in answer ? answer.blobId : "";
}

function ask(asked: Asked, progress: (progress: Progress) => void, signal: AbortSignal): Promise<Answered> {
  const worker = new Worker(new URL("./planner.js", import.meta.url), { type: "module" });
  return new Promise<Answered>((resolve, reject) => {
    signal.addEventListener("abort", () =>
      reject(new DOMException("It was cancelled; nothing was stored", "AbortError")),
    );
    worker.onerror = () =>
      reject(
        new Error(
          "the planner cannot be loaded: reload the page. If that does not help, it was built without apps/explorer/build-wasm, and “hub model publish” does the same",
        ),
      );
    worker.onmessage = ({ data }: MessageEvent<Answered>) => {
      if ("progress" in data) {
        progress(data.progress);
      } else if ("error" in data) {
        reject(new Error(data.error));
      } else {
        resolve(data);
      }
    };
    worker.postMessage(asked);
  }).finally(() => worker.terminate());
}
