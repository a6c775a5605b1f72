// Encodes a file once with Walrus' own encoder, and prints what it took: what `measure` of hub-walrus-encode does with ours.
import { readFileSync } from "node:fs";
import { BlobEncoder } from "@mysten/walrus-wasm";

const bytes = new Uint8Array(readFileSync(process.argv[2]));
const [before, start] = [process.cpuUsage(), process.hrtime.bigint()];
const [id] = new BlobEncoder(1000).compute_metadata(bytes);
const { user, system } = process.cpuUsage(before);
const peak = /^VmHWM:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1];
console.log(
  JSON.stringify({
    what: "walrus-wasm",
    id: Buffer.from(Uint8Array.from(id)).toString("base64url"),
    cpu: (user + system) / 1e6,
    wall: Number(process.hrtime.bigint() - start) / 1e9,
    peak_kib: Number(peak),
  }),
);
