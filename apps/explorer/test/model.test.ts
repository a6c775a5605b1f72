/** Manifests, tensors and receipts as strangers give them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as wire from "hub-client/wire";

import { canonical } from "../src/app/bech32.js";
import { fields } from "../src/app/code.js";
import { readManifest } from "../src/model/manifest.js";
import { bodyOf, exampleOf, shapeOf } from "../src/model/tensors.js";
import { readPasted } from "../src/receipt/read.js";

const utf8 = (text: string) => new TextEncoder().encode(text);

test("a manifest says files, shapes and units", () => {
  const manifest = readManifest(
    utf8(
      JSON.stringify({
        annotations: {
          "hub.inputs": JSON.stringify([{ name: "x", datatype: "FP32", shape: ["n", 10] }]),
          "hub.outputs": JSON.stringify([{ name: "y", datatype: "FP32", shape: null }]),
          "hub.metering": JSON.stringify({ input: { unit: "samples", tensor: "x", axis: 0 } }),
        },
        config: {},
        layers: [
          {
            digest: `sha256:${"ab".repeat(32)}`,
            size: 12,
            annotations: { "org.cncf.model.filepath": "model.onnx", "walrus.blob": "B" },
          },
        ],
      }),
    ),
  );
  assert.deepEqual(manifest.files, [{ path: "model.onnx", size: 12, sha256: "ab".repeat(32), place: "B" }]);
  assert.deepEqual(manifest.inputs, [{ name: "x", datatype: "FP32", shape: ["n", 10] }]);
  assert.equal(manifest.outputs[0]?.shape, undefined);
  assert.equal(manifest.metering, "in: samples of x, axis 0; out: elements");
});

test("what is no manifest is refused with a sentence, and hostile fields harm nothing", () => {
  assert.throws(() => readManifest(Uint8Array.of(0xff, 0xfe, 0)), /it is the model itself/);
  assert.throws(() => readManifest(utf8("[]")), /no manifest of a model/);
  assert.throws(() => readManifest(utf8('"x"')), /no manifest of a model/);
  const hostile = readManifest(
    utf8(
      JSON.stringify({
        layers: [null, 5, { annotations: "x" }],
        annotations: { "hub.inputs": "{", "hub.metering": "[]" },
        config: { data: "%%%" },
      }),
    ),
  );
  assert.equal(hostile.files.length, 3);
  assert.deepEqual(hostile.inputs, []);
});

test("a form’s example fits the model’s own shape, so the first call works as it stands", () => {
  const tensors = [
    { name: "a", datatype: "FP32", shape: [2, 3] },
    { name: "b", datatype: "INT64", shape: ["batch", 2] },
    { name: "c", datatype: "BOOL", shape: undefined },
  ];
  const examples = new Map(tensors.map((tensor) => [tensor.name, exampleOf(tensor, shapeOf(tensor))]));
  const body = JSON.parse(bodyOf(tensors, (name) => examples.get(name) ?? "")) as {
    inputs: { shape: number[]; data: unknown[] }[];
  };
  assert.deepEqual(
    body.inputs.map(({ shape, data }) => [shape, data.length]),
    [
      [[2, 3], 6],
      [[1, 2], 2],
      [[1], 1],
    ],
  );
});

test("values that do not fit are refused by name, and large whole numbers keep every digit", () => {
  const tensor = { name: "ids", datatype: "INT64", shape: [2] };
  assert.throws(() => bodyOf([tensor], () => "1"), /ids wants 2 values for its shape 2, and has 1/);
  assert.throws(() => bodyOf([tensor], () => "1 1.5"), /1.5 in ids is no whole number/);
  assert.throws(() => bodyOf([{ ...tensor, datatype: "FP32" }], () => "1 many"), /many in ids is no number/);
  assert.throws(
    () =>
      bodyOf(
        [tensor],
        () => "1 2",
        () => "2 × -1",
      ),
    /shape of ids/,
  );
  assert.match(
    bodyOf([tensor], () => "9007199254740993, -1"),
    /"data":\[9007199254740993,-1\]/,
  );
  const text = bodyOf([{ name: "t", datatype: "BYTES", shape: [1] }], () => 'a "quoted" line');
  assert.deepEqual((JSON.parse(text) as { inputs: { data: unknown }[] }).inputs[0]?.data, ['a "quoted" line']);
});

const RECEIPT: wire.Receipt = {
  attester: 3n,
  session: 9n,
  blobId: wire.BlobId.parse("VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4"),
  model: 5n,
  release: 1n,
  terms: 2n,
  requestId: new Uint8Array(16).fill(7),
  issuedAt: 1_700_000_000n,
  units: { input: 10n, output: 2n },
  requestHash: new Uint8Array(32).fill(1),
  responseHash: new Uint8Array(32).fill(2),
};

test("a receipt is read from whatever form a person has of it", () => {
  const bytes = wire.encodeReceipt(RECEIPT);
  const base64 = Buffer.from(bytes).toString("base64");
  const state = { state: "settled", receipt: base64, batch: { id: 1, place: 0, receipts: 1, root: "ab", proof: [] } };
  const header = Buffer.from(
    JSON.stringify({ extra: { receipt: base64, engine: "e", label: "l", answerSignature: "AA==" } }),
  );
  for (const text of [
    base64,
    Buffer.from(bytes).toString("hex"),
    ` ${JSON.stringify(state)}\n`,
    JSON.stringify({ receipts: [state] }),
    header.toString("base64"),
    header.toString(),
  ]) {
    assert.deepEqual(readPasted(text).receipt, RECEIPT, text.slice(0, 30));
  }
  assert.deepEqual(readPasted(JSON.stringify(state)).proof, { index: 0, siblings: [], root: "ab" });
  assert.equal(readPasted(header.toString()).answer?.engine, "e");
});

test("what is no receipt is refused with a sentence", () => {
  const refused = (text: string, what: RegExp) => assert.throws(() => readPasted(text), what);
  refused("", /Paste a receipt first/);
  refused("hello!", /neither JSON, base64 nor hex/);
  refused("{", /begins like JSON and is not/);
  refused("{}", /no field “receipt”/);
  refused('{"receipts":[]}', /lists no receipt/);
  refused("00ff", /These 2 bytes are no receipt/);
  refused(JSON.stringify({ receipt: Buffer.from(wire.encodeReceipt(RECEIPT)).toString("base64"), batch: {} }), /lacks/);
});

test("the bytes behind an address, and fields of protobuf", () => {
  assert.equal(Buffer.from(canonical("wasm1r99tzh3vfryu872gh0mwv6s8zqn8fkuthcc6qh")).length, 20);
  assert.deepEqual(
    [...fields(Uint8Array.of(8, 0x96, 1, 18, 2, 65, 66))],
    [
      [1, 150],
      [2, Uint8Array.of(65, 66)],
    ],
  );
  assert.throws(() => fields(Uint8Array.of(8, 0x96)), /breaks off/);
});
