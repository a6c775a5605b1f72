/** The figures of `HUB_LOAD_THROUGHPUT=1 make load`, kept in tests/e2e/throughput.json and shown in docs/LOAD.md. */

/** What apps/hub-load says of one shape of batches. */
export interface Run {
  readonly node: string;
  readonly mode: "itemised" | "sums";
  readonly key_type: string;
  readonly receipts_per_batch: number;
  readonly groups_per_batch: number;
  readonly bytes_per_batch: number;
  readonly blocks: number;
  readonly least_full: number;
  /** Of the wall clock, over the blocks that count. */
  readonly seconds: number;
  readonly receipts: number;
  readonly batches: number;
  readonly gas_used: number;
  /** Transactions that the node took meanwhile. */
  readonly taken: number;
  /** Of processor time. */
  readonly node_seconds: number;
  readonly submitter_seconds: number;
  readonly profile: Profile | null;
}

/** Samples by what the node was doing. */
export interface Profile {
  readonly samples: number;
  readonly parts: Readonly<Partial<Record<Part, number>>>;
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
}

type Part = keyof typeof PARTS;
type Phase = keyof typeof PHASES;

/** What tests/e2e/throughput.json holds. */
export interface Throughput {
  /** Of the machine that node and submitter shared. */
  readonly cores: number;
  readonly processor: string;
  /** Of the machine, over five minutes: below 2 if nothing else ran. */
  readonly load_average: number;
  readonly block_gas: number;
  readonly block_bytes: number;
  readonly block_ms: number;
  readonly runs: readonly Run[];
}

const PARTS = {
  signature: "signatures",
  decoding: "decoding",
  wasm: "contracts and VM",
  storage: "storage",
  consensus: "consensus",
  index: "index of events",
  requests: "requests",
  collector: "Go's collector",
  scope: "scope of addresses",
  rest: "modules, scheduler",
};

const PHASES = {
  execute: "executing blocks",
  commit: "writing them",
  check: "checking what comes",
  recheck: "checking again what waits",
  else: "all else",
};

const FROM = "<!-- throughput: written by `HUB_UPDATE=1 HUB_LOAD_THROUGHPUT=1 make load` from here -->";
const TO = "<!-- throughput: to here -->";

/** The page with the figures in it. */
export function withThroughput(page: string, figures: Throughput): string {
  const [before, after] = [page.indexOf(FROM), page.indexOf(TO)];
  if (before < 0 || after < before) {
    throw new Error(
      `docs/LOAD.md has no part between ${FROM} and ${TO}: put it where the figures of the throughput belong`,
    );
  }
  return `${page.slice(0, before)}${FROM}\n\n${writtenThroughput(figures)}\n${page.slice(after)}`;
}

/** The figures in Markdown. */
export function writtenThroughput({ runs, ...of }: Throughput): string {
  const nodes = [...new Set(runs.map(({ node }) => node))];
  const parts = [
    `${of.cores} cores (${of.processor}), which node and submitter shared. A block takes ${whole(of.block_gas)} gas and ` +
      `${whole(of.block_bytes)} bytes; ${of.block_ms} ms pass from a block to the work on the next. ` +
      `The load average of the machine was ${of.load_average.toFixed(1)}, of which node and submitter are less than 2.`,
    ...nodes.flatMap((node) => [
      `### ${NODES[node] ?? node}`,
      costs(runs.filter((run) => run.node === node)),
      ...law(runs.filter((run) => run.node === node && run.key_type === "secp256k1")),
      ...places(runs.filter((run) => run.node === node && run.profile !== null)),
    ]),
  ];
  return parts.map((part) => `${part}\n`).join("\n");
}

const NODES: Readonly<Record<string, string>> = {
  default: "The node as wasmd sets it up",
  tuned: "The node with settings that save time",
};

function costs(runs: readonly Run[]): string {
  const head = [
    "batch",
    "groups",
    "key",
    "receipts a second",
    "node, µs a receipt",
    "node, ms a batch",
    "processors used",
    "submitter, µs a receipt",
    "gas a receipt",
    "bytes a receipt",
  ];
  const rows = runs.map((run) => [
    nameOf(run),
    whole(run.groups_per_batch),
    run.key_type,
    whole(run.receipts / run.seconds),
    micros(run.node_seconds, run),
    ((1_000 * run.node_seconds) / run.batches).toFixed(2),
    (run.node_seconds / run.seconds).toFixed(2),
    micros(run.submitter_seconds, run),
    (run.gas_used / run.receipts).toFixed(1),
    (run.bytes_per_batch / run.receipts_per_batch).toFixed(1),
  ]);
  return table(head, rows, [0, 2]);
}

/** What a batch, a group and a receipt cost, if the node's time is the sum of them. */
function law(runs: readonly Run[]): string[] {
  const cost = (run: Run) => (1e6 * run.node_seconds) / run.batches;
  const terms = (run: Run) => [
    1,
    run.groups_per_batch,
    run.mode === "itemised" ? run.receipts_per_batch : 0,
    run.mode === "sums" ? run.receipts_per_batch : 0,
  ];
  const found = leastSquares(runs.map((run) => ({ terms: terms(run), value: cost(run) })));
  if (found === undefined) {
    return [];
  }
  const [batch = 0, group = 0, itemised = 0, sums = 0] = found;
  const furthest = Math.max(
    ...runs.map((run) => {
      const told = terms(run).reduce((sum, term, place) => sum + term * (found[place] ?? 0), 0);
      return Math.abs(told / cost(run) - 1);
    }),
  );
  return [
    `As a sum with the keys of secp256k1: ${batch.toFixed(0)} µs a batch, ${group.toFixed(1)} µs a group, ${itemised.toFixed(2)} µs an ` +
      `itemised receipt, ${sums.toFixed(2)} µs a receipt in a sum. No row is further than ${(100 * furthest).toFixed(0)} % from it.`,
  ];
}

function places(runs: readonly Run[]): string[] {
  if (runs.length === 0) {
    return [];
  }
  const shares = <N extends string>(
    names: Readonly<Record<N, string>>,
    of: (profile: Profile) => Partial<Record<N, number>>,
  ) =>
    table(
      ["µs a receipt", "key", ...Object.values<string>(names)],
      runs.map((run) => {
        const profile = run.profile as Profile;
        const found = of(profile);
        const cells = (Object.keys(names) as N[]).map((name) =>
          micros((run.node_seconds * (found[name] ?? 0)) / profile.samples, run),
        );
        return [nameOf(run), run.key_type, ...cells];
      }),
      [0, 1],
    );
  return [shares(PARTS, ({ parts }) => parts), shares(PHASES, ({ phases }) => phases)];
}

/** The coefficients with the least sum of squared relative errors; undefined if the rows do not tell them apart. */
export function leastSquares(
  rows: readonly { readonly terms: readonly number[]; readonly value: number }[],
): number[] | undefined {
  const size = rows[0]?.terms.length ?? 0;
  if (rows.length === 0 || rows.length < size) {
    return undefined;
  }
  // The normal equations, and behind each its right side.
  const matrix = Array.from({ length: size }, (_, line) =>
    Array.from({ length: size + 1 }, (_, column) =>
      rows.reduce((sum, { terms, value }) => {
        const other = column === size ? value : (terms[column] as number);
        return sum + ((terms[line] as number) * other) / value ** 2;
      }, 0),
    ),
  );
  const scale = matrix.map((line, place) => at(line, place));
  for (let column = 0; column < size; column += 1) {
    const rest = matrix.slice(column);
    const best = rest.reduce((one, other) => (Math.abs(at(other, column)) > Math.abs(at(one, column)) ? other : one));
    if (Math.abs(at(best, column)) <= 1e-12 * at(scale, column)) {
      return undefined;
    }
    const place = matrix.indexOf(best);
    [matrix[column], matrix[place]] = [best, matrix[column] as number[]];
    const pivot = best.map((value) => value / at(best, column));
    matrix.forEach((line, number) => {
      const factor = at(line, column);
      matrix[number] = number === column ? pivot : line.map((value, which) => value - factor * at(pivot, which));
    });
  }
  return matrix.map((line) => at(line, size));
}

function at(line: readonly number[], place: number): number {
  return line[place] as number;
}

function nameOf({ mode, receipts_per_batch }: Run): string {
  return `${whole(receipts_per_batch)} ${mode === "sums" ? "in sums" : "itemised"}`;
}

function micros(seconds: number, { receipts }: Run): string {
  return ((1e6 * seconds) / receipts).toFixed(2);
}

/** Columns of `words` are aligned to the left, those of numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], words: readonly number[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, place) => (words.includes(place) ? "---" : "--:"));
  return [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US").replaceAll(",", " ");
}
