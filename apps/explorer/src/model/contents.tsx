/** What a release consists of: its manifest, fetched from Walrus when the reader asks for it. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { registry } from "hub-client/read";

import { bytes } from "../app/figures.js";
import { useApp } from "../app/state.js";
import { Facts, Table, Theirs } from "../ui/parts.js";
import { Nothing } from "../ui/states.js";
import { fetchBlob, type Manifest, readManifest, type Tensor } from "./manifest.js";

/** Manifests that were fetched, by their blob ids, with their bytes. */
const read = new Map<string, Promise<{ readonly manifest: Manifest; readonly bytes: Uint8Array }>>();

/** The manifest of a release, or why there is none; undefined while it is fetched. */
export function useManifest(release: registry.ReleaseResponse | undefined): Manifest | string | undefined {
  const { config } = useApp();
  const [found, find] = useState<Manifest | string | undefined>(undefined);
  const blob = release?.manifest ?? release?.blob_id;
  useEffect(() => {
    let gone = false;
    find(undefined);
    if (blob !== undefined && release?.manifest) {
      const reading =
        read.get(blob) ??
        fetchBlob(config.aggregators, blob).then((bytes) => ({ manifest: readManifest(bytes), bytes }));
      read.set(blob, reading);
      reading.then(
        ({ manifest }) => gone || find(manifest),
        (error: unknown) => {
          read.delete(blob);
          if (!gone) {
            find(error instanceof Error ? error.message : String(error));
          }
        },
      );
    } else {
      find("its author published no manifest");
    }
    return () => {
      gone = true;
    };
  }, [blob]);
  return found;
}

/** What a release consists of. */
export function Contents({ release }: { release: registry.ReleaseResponse }): VNode {
  const manifest = useManifest(release);
  return (
    <section aria-labelledby="contents">
      <h2 id="contents">What it is made of</h2>
      {manifest === undefined ? (
        <p class="hint" role="status">
          Asking Walrus for the manifest…
        </p>
      ) : typeof manifest === "string" ? (
        <Nothing>No manifest is shown: {manifest}.</Nothing>
      ) : (
        <>
          <Check key={release.manifest} blob={release.manifest ?? ""} />
          <Facts
            rows={[
              manifest.format === "" ? undefined : ["Form of the weights", <Theirs text={manifest.format} />],
              manifest.license === "" ? undefined : ["Licence", <Theirs text={manifest.license} />],
              ["Takes", <Shapes tensors={manifest.inputs} />],
              ["Gives", <Shapes tensors={manifest.outputs} />],
              ["A unit is", manifest.metering === "" ? "an element of a tensor" : <Theirs text={manifest.metering} />],
            ]}
          />
          <Table caption="Files" head={["File", "#Size", "SHA-256"]}>
            {manifest.files.slice(0, 50).map((file) => (
              <tr>
                <th scope="row" class="mono wrap">
                  <Theirs text={file.path} />
                </th>
                <td class="n">{bytes(file.size)}</td>
                <td class="mono" title={file.sha256}>
                  <Theirs text={file.sha256.slice(0, 16)} />…
                </td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </section>
  );
}

/** Whether the bytes that the aggregator gave are those of the blob id on chain: computed when the reader asks. */
function Check({ blob }: { blob: string }): VNode {
  const [says, say] = useState<boolean | string | undefined>(undefined);
  const [busy, work] = useState(false);
  async function check(): Promise<void> {
    work(true);
    try {
      const [{ blobIdOf }, found] = await Promise.all([import("../publish/plan.js"), read.get(blob)]);
      say(found !== undefined && (await blobIdOf(found.bytes)) === blob);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
    work(false);
  }
  return (
    <div class="hint" role="status">
      {says === true ? (
        <span class="good">These are the bytes that the chain names: their blob id was computed here.</span>
      ) : says === false ? (
        <span class="bad">
          The aggregator gives other bytes than those that the chain names: believe nothing of what stands here.
        </span>
      ) : (
        <>
          {says === undefined ? "As an aggregator of Walrus gives it, which may lie." : `It was not checked: ${says}.`}{" "}
          <button class="small" disabled={busy} onClick={() => void check()}>
            Check it
          </button>
        </>
      )}
    </div>
  );
}

function Shapes({ tensors }: { tensors: readonly Tensor[] }): VNode {
  if (tensors.length === 0) {
    return <>not stated</>;
  }
  return (
    <>
      {tensors.map(({ name, datatype, shape }, place) => (
        <>
          {place === 0 ? "" : "; "}
          <span class="mono">
            <Theirs text={`${name} ${datatype} [${shape?.join(" × ") ?? "any"}]`} />
          </span>
        </>
      ))}
    </>
  );
}
