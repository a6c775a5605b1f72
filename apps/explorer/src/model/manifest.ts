/**
 * The manifest of a model: an OCI image manifest in the form of the CNCF ModelPack (https://github.com/modelpack/model-spec), with
 * annotations of the Hub (apps/hub-model). It comes from an aggregator, which may lie; whether its bytes are the blob that the chain
 * names is checked apart.
 */

import { webAddress } from "../app/web.js";

/** What a model is made of. */
export interface Manifest {
  readonly files: readonly ModelFile[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** What a unit is, as the author states it; empty if not stated. */
  readonly metering: string;
  readonly format: string;
  readonly license: string;
}

/** A file of a model. */
export interface ModelFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** In which blob it lies. */
  readonly place: string;
}

/** A tensor that a model takes or gives. */
export interface Tensor {
  readonly name: string;
  /** In the words of the Open Inference Protocol, such as `FP32`. */
  readonly datatype: string;
  /** Dimensions; a name where it may be any number. Undefined if it may have any number of them. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** Longest manifest that is read, in bytes. */
const LONGEST = 4 << 20;
const PATIENCE_MS = 10_000;

/** The bytes of a small blob, from the first aggregator that has it. */
export async function fetchBlob(aggregators: readonly string[], blob: string): Promise<Uint8Array> {
  const failures: string[] = [];
  for (const aggregator of aggregators) {
    const url = webAddress(aggregator);
    if (url === undefined) {
      continue;
    }
    try {
      const answer = await fetch(new URL(`/v1/blobs/${encodeURIComponent(blob)}`, url), {
        credentials: "omit",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const length = Number(answer.headers.get("content-length") ?? 0);
      if (answer.ok && length <= LONGEST) {
        const bytes = new Uint8Array(await answer.arrayBuffer());
        if (bytes.length <= LONGEST) {
          return bytes;
        }
      }
      failures.push(`${url.host} answers with status ${answer.status}`);
    } catch {
      failures.push(`${url.host} does not answer`);
    }
  }
  throw new Error(failures.length === 0 ? "no aggregator of Walrus is named in hub.json" : failures.join(", "));
}

/** Reads a manifest. Fails with a sentence on what is none. */
export function readManifest(bytes: Uint8Array): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Error("the blob is no manifest: it is the model itself");
  }
  const { layers, annotations, config } = json as Record<string, unknown>;
  if (!Array.isArray(layers)) {
    throw new Error("the blob is no manifest of a model");
  }
  const notes = record(annotations);
  return {
    files: layers.map((layer) => fileOf(record(layer))),
    inputs: tensors(notes["hub.inputs"]),
    outputs: tensors(notes["hub.outputs"]),
    metering: meteringOf(notes["hub.metering"]),
    ...configOf(record(config)),
  };
}

function fileOf(layer: Record<string, unknown>): ModelFile {
  const notes = record(layer["annotations"]);
  const place =
    notes["walrus.blob"] ?? notes["walrus.quilt"] ?? (notes["walrus.parts"] === undefined ? "" : "several blobs");
  return {
    path: String(notes["org.cncf.model.filepath"] ?? ""),
    size: Number(layer["size"] ?? 0),
    sha256: String(layer["digest"] ?? "").replace(/^sha256:/, ""),
    place: String(place),
  };
}

function configOf(config: Record<string, unknown>): { format: string; license: string } {
  try {
    const inner = record(JSON.parse(atob(String(config["data"] ?? "e30="))));
    const [descriptor, details] = [record(inner["descriptor"]), record(inner["config"])];
    const licenses = descriptor["licenses"];
    return {
      format: String(details["format"] ?? ""),
      license: Array.isArray(licenses) ? licenses.map(String).join(", ") : "",
    };
  } catch {
    return { format: "", license: "" };
  }
}

function tensors(text: unknown): Tensor[] {
  const list = jsonOf(text);
  return Array.isArray(list)
    ? list.map((one) => {
        const { name, datatype, shape } = record(one);
        return {
          name: String(name),
          datatype: String(datatype),
          shape: Array.isArray(shape)
            ? shape.map((part) => (typeof part === "number" ? part : String(part)))
            : undefined,
        };
      })
    : [];
}

function meteringOf(text: unknown): string {
  const { input, output } = record(jsonOf(text));
  const words = (side: unknown) => {
    const { unit = "elements", tensor, axis } = record(side);
    return `${String(unit)}${tensor === undefined ? "" : ` of ${String(tensor)}`}${axis === undefined ? "" : `, axis ${String(axis)}`}`;
  };
  return input === undefined && output === undefined ? "" : `in: ${words(input)}; out: ${words(output)}`;
}

function jsonOf(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
