// The benchmark behind `make bench-walrus`: see the script `bench`.
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [measure] = process.argv.slice(2);
const MIB = 1 << 20;
const LONGEST = 14_599_533_452;
const folder = mkdtempSync(join(tmpdir(), "hub-bench-"));
const wasm = fileURLToPath(new URL("bench-wasm.mjs", import.meta.url));
const missed = [];
const unshown = [];

const run = (program, ...arguments_) =>
  JSON.parse(execFileSync(program, arguments_.map(String), { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
const ours = (what, path, threads) => run(measure, what, path, ...(threads ? [threads] : []));

// A file of noise, the same each time; nothing about the encoding depends on what the bytes are.
function noise(path, length) {
  const chunk = new Uint32Array(MIB / 4);
  const file = openSync(path, "w");
  let state = 0x9e3779b9;
  for (let left = length; left > 0; left -= MIB) {
    for (let i = 0; i < chunk.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      chunk[i] = state;
    }
    writeSync(file, Buffer.from(chunk.buffer, 0, Math.min(left, MIB)));
  }
  closeSync(file);
}

const table = (head, rows) => {
  const all = [head, head.map(() => "---"), ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => String(row[column]).length)));
  for (const row of all) {
    console.log(`| ${row.map((cell, i) => (cell === "---" ? "-".repeat(widths[i]) : String(cell).padEnd(widths[i]))).join(" | ")} |`);
  }
};
const cell = ({ cpu, wall, peak_kib }) => `${cpu.toFixed(2)} s, ${wall.toFixed(2)} s, ${Math.round(peak_kib / 1024)} MiB`;
const allowed = (threads) => 64 + 66 * threads;

function target(sentence, held) {
  console.log(`${held ? "held     " : "MISSED   "}  ${sentence}`);
  if (!held) {
    missed.push(sentence);
  }
}

// Cores that others take cannot show what a second thread gains. So in the same moments a loop of nothing but arithmetic
// shows what the machine gives: on two free cores it is twice as fast, and then 1.5x is asked for; on less, the same share.
const ROUNDS = 3;
const FREE = 0.95;

function speedup(path, threads) {
  const least = { ours: [Infinity, Infinity], machine: [Infinity, Infinity] };
  for (let round = 0; round < ROUNDS; round++) {
    [1, threads].forEach((count, i) => {
      least.ours[i] = Math.min(least.ours[i], ours("ours", path, count).wall);
      least.machine[i] = Math.min(least.machine[i], run(measure, "machine", count).wall);
    });
  }
  const [gained, given] = [least.ours, least.machine].map(([one, all]) => one / all);
  return { gained, given };
}

function gain(name, { gained, given }, threads) {
  const sentence =
    `${name}: ${gained.toFixed(2)}x faster on ${threads} threads than on one, where a loop of arithmetic is ${given.toFixed(2)}x faster`;
  const asked = Math.min(1.5, threads);
  if (given >= FREE * threads || gained >= asked) {
    target(`${sentence}; at least ${asked.toFixed(2)}x`, gained >= asked);
  } else if (gained >= (asked / 2) * Math.min(given, 2)) {
    console.log(`not shown  ${sentence}; 1.5x of a free machine is not shown by this one, the same share of what it gives is`);
    unshown.push(sentence);
  } else {
    target(`${sentence}; at least three quarters of that`, false);
  }
}

function inBounds(name, { peak_kib }, threads) {
  const peak = peak_kib / 1024;
  target(`memory of ${name} on ${threads} threads: ${peak.toFixed(0)} of ${allowed(threads)} MiB`, peak <= allowed(threads));
}

function longest() {
  const path = join(folder, "longest");
  const file = openSync(path, "w");
  ftruncateSync(file, LONGEST);
  // Something in each column, and something in the last row: no column is zeros, which would be skipped.
  const piece = new Uint8Array(64).fill(0xa5);
  for (let column = 0; column < 667; column++) {
    writeSync(file, piece, 0, 64, column * 65_534 + 1000);
  }
  writeSync(file, piece, 0, 64, LONGEST - 64);
  closeSync(file);
  const threads = availableParallelism();
  const longest = ours("ours", path);
  console.log(`${LONGEST} bytes: ${longest.id}, CPU ${longest.cpu} s, wall ${longest.wall} s, ${Math.round(longest.peak_kib / 1024)} MiB`);
  inBounds("the longest blob", longest, threads);
}

function compare() {
  const threads = availableParallelism();
  console.log(`${cpus()[0].model}, ${threads} cores, load ${loadavg()[0].toFixed(1)}. Each: CPU, wall, peak memory.\n`);
  const rows = [];
  const checks = [];
  for (const [name, length] of [
    ["1 MB", 1_000_000],
    ["32 MiB", 32 * MIB],
    ["256 MiB", 256 * MIB],
    ["1 GiB", 1024 * MIB],
  ]) {
    const path = join(folder, "blob");
    noise(path, length);
    const [all, one] = [ours("ours", path, threads), ours("ours", path, 1)];
    const reference = ours("reference", path);
    const walrus = run("node", wasm, path);
    const check = ours("check", path, 1);
    for (const other of [one, reference, walrus, check]) {
      if (other.id !== all.id) {
        throw new Error(`${name}: ${other.what} gives ${other.id}, ours ${all.id}`);
      }
    }
    const cpu = Math.max(one.cpu, all.cpu);
    const [toWalrus, toReference] = [walrus.cpu / cpu, reference.cpu / cpu].map((ratio) => `${ratio.toFixed(1)}×`);
    rows.push([name, cell(all), cell(one), cell(reference), cell(walrus), toWalrus, toReference]);
    checks.push(() => inBounds(name, all, threads), () => inBounds(name, one, 1));
    if (length >= 32 * MIB) {
      checks.push(() => target(`${name}: ${toWalrus} less CPU than walrus-wasm, at least 10×`, walrus.cpu >= 10 * cpu));
    }
    if (length >= 256 * MIB) {
      const perGib = (check.cpu * 1024 * MIB) / length;
      checks.push(() => target(`${name}: ${((cpu * 1024 * MIB) / length).toFixed(2)} CPU s per GiB, at most 8`, (cpu * 1024 * MIB) / length <= 8));
      checks.push(() => target(`${name}: row check ${perGib.toFixed(2)} CPU s per GiB, at most 2.5`, perGib <= 2.5));
      if (threads > 1) {
        const both = speedup(path, threads);
        checks.push(() => gain(name, both, threads));
      }
    }
  }
  const head = ["file", `ours, ${threads} threads`, "ours, 1 thread", "published algorithm", "walrus-wasm", "wasm / ours", "published / ours"];
  table(head, rows);
  console.log();
  checks.forEach((check) => check());
}

try {
  if (process.env.HUB_BENCH_MAX) {
    longest();
  } else {
    compare();
  }
} finally {
  rmSync(folder, { recursive: true });
}
const sentences = (count) => (count === 1 ? "1 target" : `${count} targets`);
console.log(
  missed.length > 0
    ? `\n${sentences(missed.length)} MISSED.`
    : unshown.length > 0
      ? `\nNo target is missed; ${sentences(unshown.length)} not shown, since other work had the cores: run it again on a quiet machine.`
      : "\nAll targets held.",
);
process.exitCode = missed.length > 0 ? 1 : 0;
