/**
 * Builds the page into `dist/`: static files that any host can serve. Fails when what the first page loads is over its budget.
 *
 *   node build.mjs [--out DIR] [--deployment FILE]... [--rpc URL]... [--name NAME] [--aggregator URL]... [--simulated] [--devnet]
 *
 * `--devnet` puts the public accounts of tests/devnet into the page, for wallets that nobody has to install.
 */

import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

import { healthOf } from "./health.mjs";

/** Most that the first page may load, gzipped, in bytes. */
const BUDGETS = { js: 20_000, css: 4_000 };

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const { values: options } = parseArgs({
  options: {
    out: { type: "string", default: join(here, "dist") },
    deployment: { type: "string" },
    rpc: { type: "string", multiple: true },
    aggregator: { type: "string", multiple: true },
    publisher: { type: "string", multiple: true },
    name: { type: "string" },
    simulated: { type: "boolean" },
    devnet: { type: "boolean" },
  },
});
const out = resolve(options.out);

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const health = healthOf(await readFile(join(root, "docs/HEALTH.md"), "utf8"));
const checksums = await checksumsOf(join(root, "artifacts/checksums.txt"));
const common = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  chunkNames: "[name]-[hash]",
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
};
// Apart: modules of hub-client that both use would stand whole in the chunks of the first page.
const signing = await build({
  ...common,
  entryPoints: [join(here, "src/wallet/index.ts")],
  entryNames: "wallet-[hash]",
});
const [wallet = ""] = Object.entries(signing.metafile.outputs).find(([, { entryPoint }]) => entryPoint) ?? [];
// The worker that plans publications, and the WebAssembly that it loads. It takes Rust to build, so a page can do without.
const model = join(here, "build/wasm/web");
if (existsSync(model)) {
  await build({
    ...common,
    splitting: false,
    entryPoints: [join(here, "src/publish/planner.ts")],
    entryNames: "planner",
    alias: { "hub:model": join(model, "hub_model.js") },
  });
  await cp(join(model, "hub_model_bg.wasm"), join(out, "hub_model.wasm"));
} else {
  console.log("without publishing: run apps/explorer/build-wasm first, and this page can publish");
}
const { metafile } = await build({
  ...common,
  entryPoints: [join(here, "src/main.tsx"), join(here, "src/style.css")],
  entryNames: "[name]-[hash]",
  plugins: [
    texts({ "hub:health": health, "hub:checksums": checksums }),
    apart(/wallet\/index\.js$/, `./${basename(wallet)}`),
  ],
});

const outputs = new Map(Object.entries(metafile.outputs).map(([file, output]) => [resolve(root, file), output]));
const entry = (name) => [...outputs].find(([, output]) => output.entryPoint?.endsWith(name))?.[0] ?? "";
const first = staticImports(entry("src/main.tsx"));
const css = entry("src/style.css");
const html = await readFile(join(here, "public/index.html"), "utf8");
const tags = [
  `<link rel="stylesheet" href="${basename(css)}" />`,
  ...first.slice(1).map((file) => `<link rel="modulepreload" href="${basename(file)}" />`),
  `<script type="module" src="${basename(first[0])}"></script>`,
];
await writeFile(join(out, "index.html"), html.replace("<!-- assets -->", tags.join("\n    ")));
await cp(join(here, "public/icon.svg"), join(out, "icon.svg"));
await writeFile(join(out, "hub.json"), JSON.stringify(await config(), null, 2));

const sizes = { js: await gzipped(first), css: await gzipped([css]) };
let over = false;
for (const [kind, size] of Object.entries(sizes)) {
  console.log(`first page: ${size} of ${BUDGETS[kind]} bytes of ${kind}, gzipped`);
  over ||= size > BUDGETS[kind];
}
console.log(`${relative(process.cwd(), out) || "."} holds the page`);
if (over) {
  console.error(
    "The first page is over its budget: load later what it does not show at once, or raise BUDGETS in build.mjs",
  );
  process.exit(1);
}

/** Modules that hold what was read of the repository. */
function texts(modules) {
  return {
    name: "texts",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^hub:/ }, ({ path }) => ({ path, namespace: "hub" }));
      onLoad({ filter: /.*/, namespace: "hub" }, ({ path }) => ({
        contents: JSON.stringify(modules[path]),
        loader: "json",
      }));
    },
  };
}

/** Modules that another bundle holds. */
function apart(filter, path) {
  return { name: "apart", setup: ({ onResolve }) => onResolve({ filter }, () => ({ path, external: true })) };
}

/** A file, and what it imports before it runs, itself first. */
function staticImports(file, found = []) {
  if (!found.includes(file)) {
    found.push(file);
    for (const { path, kind } of outputs.get(file)?.imports ?? []) {
      if (kind === "import-statement") {
        staticImports(resolve(root, path), found);
      }
    }
  }
  return found;
}

async function gzipped(files) {
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(file), { level: 9 }).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Hashes of the codes of this release, by the contract's name. */
async function checksumsOf(file) {
  const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(
    lines.filter(([hash, name]) => hash && name).map(([hash, name]) => [name.replace(/^hub_|\.wasm$/g, ""), hash]),
  );
}

/** `hub.json`: that of `public/`, with what the options say instead. */
async function config() {
  const given = JSON.parse(await readFile(join(here, "public/hub.json"), "utf8"));
  const deployment = options.deployment && JSON.parse(await readFile(options.deployment, "utf8"));
  return {
    ...given,
    ...(deployment && { name: deployment.chain_id, deployment }),
    ...(options.name && { name: options.name }),
    ...(options.rpc && { rpc: options.rpc }),
    ...(options.aggregator && { aggregators: options.aggregator }),
    ...(options.publisher && { publishers: options.publisher }),
    ...(options.simulated && { simulated: true }),
    ...(options.devnet && { wallet: await devnetWallet() }),
  };
}

/** Fees and accounts of the devnet. */
async function devnetWallet() {
  const accounts = JSON.parse(await readFile(join(root, "tests/devnet/accounts.json"), "utf8"));
  const names = ["caller", "author", "operator"];
  return {
    prefix: "wasm",
    feeDenom: "stake",
    feeSymbol: "STAKE",
    feeDecimals: 6,
    gasPrice: "0.025",
    rest: "http://127.0.0.1:1317",
    developerAccounts: accounts
      .filter(({ name }) => names.includes(name))
      .map(({ name, mnemonic }) => ({ name, mnemonic })),
  };
}
