/**
 * A stored folder becomes a model that can be called: the steps on chain. Each is looked up first and done once, so that a publication
 * that broke off goes on where it was.
 */

import { commitment, type registry, wire } from "hub-client";

import type { Config } from "../app/config.js";
import type { Connected } from "./connected.js";

/** What is published. */
export interface Publication {
  readonly name: string;
  readonly major: number;
  readonly minor: number;
  readonly release: string;
  readonly manifest: string;
  readonly proof: { readonly size: string; readonly rootHash: string };
  readonly metadata: registry.Metadata;
  readonly terms: registry.UncheckedTerms;
}

/** Where a release stands: model and number. */
export type Place = registry.ReleaseRef;

/** The release under which the account published these bytes already. */
export async function publishedAs(
  { account: { hub }, address }: Connected,
  release: string,
): Promise<Place | undefined> {
  const place = await hub.registry.query.byPublisherAndBlob({ publisher: address, blobId: release });
  return place ?? undefined;
}

/**
 * Commits to the blob id before anybody can see the files, so that nobody who watches Walrus can claim them first. The salt is kept
 * before it is used: without it the claim is not dated.
 */
export async function commit(wallet: Connected, config: Config, release: string): Promise<void> {
  const { hub } = wallet.account;
  const salt = saltOf(wallet, config, release);
  const hash = commitment(wallet.account, wire.BlobId.parse(release), salt);
  await wallet.alone(async (send) => {
    const { committed_at } = await hub.registry.query.commitment({ hash });
    if (committed_at === null || committed_at === undefined) {
      await send([hub.registry.message("commit", { hash })]);
    }
  });
}

/** The model that the account has under a name, if it has one. */
export async function modelNamed(
  { account: { hub }, address }: Connected,
  name: string,
): Promise<registry.ModelResponse | undefined> {
  try {
    return await hub.registry.query.modelByName({ author: address, name });
  } catch (error) {
    // The registry refuses a name that it does not know; a node that does not answer says nothing of it.
    if ((error as { code?: string }).code === "refused") {
      return undefined;
    }
    throw error;
  }
}

/** Registers the model with this release, or publishes the release where the account has a model of that name. */
export async function register(wallet: Connected, config: Config, one: Publication): Promise<Place> {
  const { hub } = wallet.account;
  const { name, major, minor, release: blob_id, manifest, metadata, terms } = one;
  const salt = hex(saltOf(wallet, config, blob_id));
  const release: registry.NewRelease = { major, minor, blob_id, manifest, salt };
  await wallet.alone(async (send) => {
    if ((await publishedAs(wallet, blob_id)) === undefined) {
      const model = await modelNamed(wallet, name);
      await send([
        model === undefined
          ? hub.registry.message("register_model", { name, metadata, terms, release })
          : hub.registry.message("publish_release", { model: model.model, release }),
      ]);
    }
  });
  const place = await publishedAs(wallet, blob_id);
  if (place === undefined) {
    throw new Error("the release was published, and this node does not know it yet: go on in a moment");
  }
  return place;
}

/** Proves the size of the release's blob, if that was not done. */
export async function proveSize(wallet: Connected, { model, release }: Place, { proof }: Publication): Promise<void> {
  const { hub } = wallet.account;
  await wallet.alone(async (send) => {
    const known = await hub.registry.query.release({ model, release });
    if (known.size === null || known.size === undefined) {
      const { size, rootHash: root_hash } = proof;
      await send([hub.registry.message("prove_size", { model, release, size, root_hash })]);
    }
  });
}

function saltOf({ address }: Connected, config: Config, release: string): Uint8Array {
  const key = `hub.salt.${config.deployment.chain_id}.${address}.${release}`;
  const known = localStorage.getItem(key);
  if (known !== null && /^[0-9a-f]{64}$/.test(known)) {
    return Uint8Array.from(known.match(/../g) ?? [], (digits) => parseInt(digits, 16));
  }
  const salt = crypto.getRandomValues(new Uint8Array(32));
  localStorage.setItem(key, hex(salt));
  return salt;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
