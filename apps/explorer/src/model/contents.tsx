/** What a release consists of: its manifest, fetched from Walrus when the reader asks for it. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { registry } from "hub-client/read";

import { bytes } from "../app/format.js";
import { useApp } from "../app/state.js";
import { Facts, Table, Theirs } from "../ui/parts.js";
import { Nothing } from "../ui/states.js";
import { fetchBlob, type Manifest, readManifest, type Tensor } from "./manifest.js";

const read = new Map<string, Promise<Manifest>>();

/** The manifest of a release, or why there is none; undefined while it is fetched. */
export function useManifest(release: registry.ReleaseResponse | undefined): Manifest | string | undefined {
  const { config } = useApp();
  const [found, find] = useState<Manifest | string | undefined>(undefined);
  const blob = release?.manifest ?? release?.blob_id;
  useEffect(() => {
    let gone = false;
    find(undefined);
    if (blob !== undefined && release?.manifest) {
      const reading = read.get(blob) ?? fetchBlob(config.aggregators, blob).then(readManifest);
      read.set(blob, reading);
      reading.then(
        (manifest) => gone || find(manifest),
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
          <p class="hint">
            As an aggregator of Walrus gives it. Whoever serves the model checks it against the blob id; this page does
            not.
          </p>
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
