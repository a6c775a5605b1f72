/**
 * A planned folder goes to Walrus: weights first, then the small files, the manifest last, so that a manifest that is there speaks for
 * a model that is there. What a publisher confirmed is kept, so that an upload that broke off goes on where it was.
 */

import { webAddress } from "../app/web.js";
import type { ChosenFolder } from "./folder.js";
import type { Plan, Progress, Stored } from "./plan.js";

/** Where and for how long it is stored. */
export interface Storing {
  readonly publisher: string;
  readonly aggregators: readonly string[];
  /** From the current epoch of Walrus on. */
  readonly epochs: number;
  /** Address on Sui that gets the storage; anybody may extend it if empty. */
  readonly owner: string;
}

const KEPT = "hub.stored";
/** Bytes that are read back of each blob and compared. */
const READ_BACK = 64 << 10;
/** Pauses between attempts to read back: what was stored a moment ago is not everywhere yet. */
const PAUSES_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];

/** Everything that is stored of a plan, in its order. */
export function storedOf(plan: Plan): (Stored & { readonly what: string })[] {
  return [
    ...plan.blobs.map(({ path, id, length }) => ({ what: path, id, length })),
    ...plan.quilts.map(({ patches, id, length }) => ({ what: `${patches.length} small files`, id, length })),
    { what: "the manifest", id: plan.manifest.id, length: plan.manifest.length },
  ];
}

/** Stores what is not stored yet, and reads a piece of each file that is a blob of its own back. */
export async function storeAll(
  plan: Plan,
  folder: ChosenFolder,
  storing: Storing,
  progress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const { path, offset, id, length } of plan.blobs) {
    const file = folder.files.get(path);
    if (file === undefined) {
      throw new Error(`${path} is not in the folder any more: choose it again`);
    }
    const bytes = file.slice(offset, offset + length);
    await store(path, id, () => ["blobs", bytes], storing, progress, signal);
    await readBack(path, id, bytes, storing, signal);
  }
  for (const { patches, id } of plan.quilts) {
    const form = () => {
      const form = new FormData();
      patches.forEach(([identifier, bytes]) => form.append(identifier, bytes, identifier));
      return ["quilts", form] as const;
    };
    await store(`${patches.length} small files`, id, form, storing, progress, signal);
  }
  const { id, bytes } = plan.manifest;
  await store("the manifest", id, () => ["blobs", bytes], storing, progress, signal);
  await readBack("the manifest", id, bytes, storing, signal);
}

async function store(
  what: string,
  id: string,
  body: () => readonly [kind: string, body: Blob | FormData],
  { publisher, epochs, owner }: Storing,
  progress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const key = `${publisher} ${id} ${epochs} ${owner}`;
  if (kept().includes(key)) {
    progress({ path: what, done: 1, total: 1 });
    return;
  }
  const url = webAddress(publisher);
  if (url === undefined) {
    throw new Error(`${publisher} is no address of a publisher of Walrus: give one that begins with https://`);
  }
  const [kind, bytes] = body();
  const query = new URLSearchParams({ epochs: String(epochs), encoding_type: "RS2", permanent: "true" });
  query.set(owner === "" ? "share" : "send_object_to", owner === "" ? "true" : owner);
  const place = `${url.href.replace(/\/$/, "")}/v1/${kind}?${query.toString()}`;
  const text = await put(place, bytes, (done, total) => progress({ path: what, done, total }), signal).catch(
    (error: unknown) => {
      throw signal.aborted
        ? error
        : new Error(`${what}: ${url.host} ${(error as Error).message}. Nothing is lost: go on when it can`);
    },
  );
  const found = idOf(text);
  if (found !== id) {
    const said =
      found === undefined ? "something else than a publisher of Walrus does" : `that it stored blob ${found}`;
    throw new Error(
      `${what}: ${url.host} says ${said}, and not ${id}, which these bytes are. Choose another publisher`,
    );
  }
  localStorage.setItem(KEPT, [...kept(), key].slice(-1_000).join("\n"));
}

function kept(): string[] {
  return (localStorage.getItem(KEPT) ?? "").split("\n");
}

/** Sends a body and tells how far it has come, which fetch cannot. */
function put(
  url: string,
  body: Blob | FormData,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<string> {
  // One that is over already is never told of again.
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.upload.onprogress = ({ loaded, total }) => progress(loaded, total);
    request.onload = () =>
      request.status === 200
        ? resolve(request.responseText)
        : reject(new Error(`answers with status ${request.status}: ${request.responseText.slice(0, 200)}`));
    request.onerror = () => reject(new Error("does not answer, or lets no page store (CORS)"));
    request.onabort = () => reject(new DOMException("It was cancelled; what was stored is stored", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

/** The blob id in a publisher's answer. */
function idOf(text: string): string | undefined {
  try {
    const answer = JSON.parse(text) as Answer;
    const { newlyCreated, alreadyCertified } = answer.blobStoreResult ?? answer;
    return newlyCreated?.blobObject?.blobId ?? alreadyCertified?.blobId;
  } catch {
    return undefined;
  }
}

interface Answer {
  readonly newlyCreated?: { readonly blobObject?: { readonly blobId?: string } };
  readonly alreadyCertified?: { readonly blobId?: string };
  readonly blobStoreResult?: Answer;
}

/** Compares a piece that the publisher cannot foresee with what an aggregator has of it. */
async function readBack(
  what: string,
  id: string,
  bytes: Blob,
  { aggregators }: Storing,
  signal: AbortSignal,
): Promise<void> {
  const [aggregator] = aggregators.flatMap((one) => webAddress(one) ?? []);
  if (aggregator === undefined || bytes.size === 0) {
    return;
  }
  const from = Math.floor(Math.random() * Math.max(1, bytes.size - READ_BACK));
  const mine = new Uint8Array(await bytes.slice(from, from + READ_BACK).arrayBuffer());
  const range = `bytes=${from}-${from + mine.length - 1}`;
  for (const pause of PAUSES_MS) {
    const theirs = await piece(new URL(`/v1/blobs/${id}`, aggregator), range, from, mine.length, signal);
    if (theirs !== undefined) {
      if (theirs.length === mine.length && theirs.every((byte, place) => byte === mine[place])) {
        return;
      }
      throw new Error(
        `${what}: ${aggregator.host} gives other bytes than those that were stored. Choose another aggregator`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Error(`${what}: it was stored, and ${aggregator.host} does not have it yet. Go on in a minute`);
}

async function piece(
  url: URL,
  range: string,
  from: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  signal.throwIfAborted();
  try {
    const answer = await fetch(url, { headers: { range }, credentials: "omit", cache: "no-store", signal });
    if (!answer.ok) {
      return undefined;
    }
    const bytes = new Uint8Array(await answer.arrayBuffer());
    // Not every aggregator knows ranges: some answer the whole.
    return answer.status === 206 ? bytes : bytes.subarray(from, from + length);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
