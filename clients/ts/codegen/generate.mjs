#!/usr/bin/env node
/**
 * Generates src/contracts from schema/<contract>.json.
 *
 *   generate.mjs           writes the files
 *   generate.mjs --check   writes nothing; fails if they are not what the schemas give
 *
 * What ts-codegen writes is made to fit: imports of @cosmjs/cosmwasm (the package's new name) and of ES modules, queries that
 * need no cosmjs, and the sentences of the schemas as comments, which ts-codegen drops.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const schemas = join(here, "../../../schema");
const target = join(here, "../src/contracts");
const contracts = ["registry", "escrow", "billing", "nitro-verifier"];
const renew = "cargo xtask client";

const files = await generate();
if (process.argv[2] === "--check") {
  const drifted = compare(files);
  if (drifted.length > 0) {
    console.error(`clients/ts/src/contracts: ${drifted.join(", ")} not as the schemas give: '${renew}' renews them`);
    process.exit(1);
  }
  console.log(`clients/ts/src/contracts: ${files.size} files are as the schemas give`);
} else {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  files.forEach((text, name) => writeFileSync(join(target, name), text));
  console.log(`clients/ts/src/contracts: ${files.size} files written`);
}

function compare(files) {
  const found = new Map();
  try {
    readdirSync(target).forEach((name) => found.set(name, readFileSync(join(target, name), "utf8")));
  } catch {
    // Nothing there: everything differs.
  }
  return [...new Set([...files.keys(), ...found.keys()])].filter((name) => files.get(name) !== found.get(name));
}

async function generate() {
  const codegen = (await import("@cosmwasm/ts-codegen")).default.default;
  const work = mkdtempSync(join(tmpdir(), "hub-codegen-"));
  try {
    const inputs = contracts.map((name) => {
      const dir = join(work, name);
      mkdirSync(dir);
      writeFileSync(join(dir, `${name}.json`), JSON.stringify(withBeside(schema(name))));
      return { name: capital(name), dir };
    });
    const out = join(work, "out");
    const off = { enabled: false };
    await quietly(() =>
      codegen({
        contracts: inputs,
        outPath: out,
        options: {
          bundle: off,
          types: { enabled: true },
          client: { enabled: true, noImplicitOverride: true },
          messageComposer: off,
          reactQuery: off,
          recoil: off,
        },
      }),
    );
    const files = new Map();
    for (const name of contracts) {
      for (const kind of ["types", "client"]) {
        const file = `${capital(name)}.${kind}.ts`;
        files.set(file, fit(readFileSync(join(out, file), "utf8"), withBeside(schema(name))));
      }
      const types = `${capital(name)}.types.ts`;
      files.set(types, files.get(types) + executeData(schema(name)));
    }
    files.set("index.ts", index());
    return files;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The schema of a contract; the schemas of its answers stand beside those of its messages. */
function schema(name) {
  return JSON.parse(readFileSync(join(schemas, `${name}.json`), "utf8"));
}

/**
 * The schema in a form that ts-codegen takes: it looks for types among the answers of queries, so what messages return and
 * what hooks carry are put there, under names that no query has.
 */
function withBeside(schema) {
  const beside = {};
  for (const section of ["data", "hooks"]) {
    for (const type of Object.values(schema[section])) {
      beside[`${type.title} in ${section}`] = present(type);
    }
  }
  return { ...schema, responses: { ...schema.responses, ...beside } };
}

/** The type itself, of a type that may be absent. */
function present(type) {
  const name = type.title.replace(/^Nullable_/, "");
  return name === type.title ? type : { ...type.definitions[name], title: name, definitions: type.definitions };
}

/** What each message returns, as a type. */
function executeData({ data }) {
  const lines = [
    "",
    "/** What messages return as data, for those that return any. */",
    "export interface ExecuteData {",
  ];
  for (const [message, type] of Object.entries(data)) {
    const name = present(type).title;
    lines.push(`  ${message}: ${name === type.title ? name : `${name} | undefined`};`);
  }
  return [...lines, "}", ""].join("\n");
}

function index() {
  const lines = [
    "/** Generated from schema/: messages, queries and answers of the contracts, and clients of cosmjs for them. */",
    "",
  ];
  for (const name of contracts) {
    const Name = capital(name);
    lines.push(`export * as ${lower(name)} from "./${Name}.types.js";`);
    lines.push(`export { ${Name}Client, ${Name}QueryClient } from "./${Name}.client.js";`);
  }
  lines.push("", "/** Names and version of the contracts that these types belong to. */", "export const CONTRACTS = {");
  for (const name of contracts) {
    const { contract_name, contract_version } = schema(name);
    lines.push(
      `  ${name.replaceAll("-", "_")}: { name: "crates.io:${contract_name}", version: "${contract_version}" },`,
    );
  }
  lines.push("} as const;", "");
  return lines.join("\n");
}

// --- Fitting --------------------------------------------------------------------------------------

function fit(text, schema) {
  const code = text
    .replace(
      /^\/\*\*[\s\S]*?\*\/\n/,
      `/**\n * Generated from schema/${schema.contract_name.replace("hub-", "")}.json by '${renew}'. Do not edit.\n */\n`,
    )
    .replaceAll('"@cosmjs/cosmwasm-stargate"', '"@cosmjs/cosmwasm"')
    // Queries need no more than a querier: pages read without cosmjs.
    .replace(/^import \{ CosmWasmClient, (.*)$/m, 'import { $1\nimport { SmartQuerier } from "../querier";')
    .replaceAll(/\bclient: CosmWasmClient\b/g, "client: SmartQuerier")
    .replaceAll(/from "(\.\.?\/[^"]+)"/g, 'from "$1.js"')
    .replaceAll(/^import \{/gm, "import type {");
  return documented(code, schema);
}

/** Puts the sentences of the schema above what they speak of. */
function documented(code, schema) {
  const definitions = allDefinitions(schema);
  const lines = [];
  /** What the lines at each depth are properties of. */
  let scopes = [];
  for (const line of code.split("\n")) {
    const top = /^export (?:interface|type) (\w+)(.*)$/.exec(line);
    if (top) {
      const [, name, rest] = top;
      lines.push(...comment(sentences(definitions.get(name)), ""));
      scopes = rest.endsWith("{") ? [definitions.get(name) ?? methods(name, schema)] : [];
    } else if (scopes.length > 0) {
      const property = /^( +)(\w+)\??: (.*)$/.exec(line);
      if (property) {
        const [, indent, name, rest] = property;
        const scope = scopes.at(-1);
        const found = propertyOf(scope, name);
        const depth = indent.length / 2;
        if (depth === scopes.length) {
          lines.push(...comment(found?.description, indent));
        }
        if (rest === "{") {
          scopes.push(found);
        }
      } else if (/^ +\};?$/.test(line)) {
        scopes.pop();
      } else if (line === "}" || line === "};") {
        scopes = [];
      }
    }
    lines.push(line);
  }
  return lines.join("\n");
}

function allDefinitions(schema) {
  const all = new Map();
  const roots = {
    InstantiateMsg: schema.instantiate,
    ExecuteMsg: schema.execute,
    QueryMsg: schema.query,
    MigrateMsg: schema.migrate,
  };
  const answers = Object.values(schema.responses);
  for (const root of [...Object.values(roots), ...answers]) {
    Object.entries(root?.definitions ?? {}).forEach(([name, definition]) => all.set(name, definition));
  }
  answers.forEach((answer) => all.set(answer.title, answer));
  Object.entries(roots).forEach(([name, root]) => all.set(name, root));
  return all;
}

/** The methods of a generated client as if they were properties: camel-cased variants. */
function methods(name, schema) {
  const message = /ReadOnlyInterface$/.test(name) ? schema.query : /Interface$/.test(name) ? schema.execute : undefined;
  const properties = {};
  message?.oneOf?.forEach((variant) => (properties[camel(variant.required[0])] = { description: variant.description }));
  return message && { properties };
}

function propertyOf(scope, name) {
  const variant = scope?.oneOf?.find((one) => one.required?.[0] === name);
  if (variant) {
    return { ...variant.properties[name], description: variant.description };
  }
  return scope?.properties?.[name];
}

/** The sentence of a type, and of each value of an enumeration. */
function sentences(definition) {
  if (definition === undefined) {
    return undefined;
  }
  const values = (definition.oneOf ?? [])
    .filter((one) => one.description && one.enum?.length === 1)
    .map((one) => `- \`${one.enum[0]}\`: ${one.description}`);
  return [definition.description, ...values].filter(Boolean).join("\n") || undefined;
}

function comment(text, indent) {
  if (text === undefined) {
    return [];
  }
  // Rust's links and paths mean nothing here.
  const plain = text
    .replaceAll(/\[(`[^`]+`)\](\([^)]*\))?/g, "$1")
    .replaceAll(/`(?:crate|Self)::(?:\w+::)*(\w+)`/g, "`$1`");
  const lines = plain.split("\n").flatMap((line) => wrapped(line, 110 - indent.length));
  return lines.length === 1
    ? [`${indent}/** ${lines[0]} */`]
    : [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}

function wrapped(text, width) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    }
  }
  return lines;
}

/** `NitroVerifier` of `nitro-verifier`. */
function capital(name) {
  const words = name.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return words.join("");
}

/** `nitroVerifier` of `nitro-verifier`. */
function lower(name) {
  return name.charAt(0) + capital(name).slice(1);
}

function camel(name) {
  return name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

/** ts-codegen greets on standard output. */
async function quietly(work) {
  const { log } = console;
  console.log = () => undefined;
  try {
    await work();
  } finally {
    console.log = log;
  }
}
