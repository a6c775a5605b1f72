/**
 * Addresses within the page: `#/model/17?believe=wasm1…,wasm1…&denom=uusdc`. What a reader chose stands in the address, so that a
 * link shows others the same page. The node does not: a link must not choose whom the page asks.
 */

/** Most operators that a reader can believe at once; the contracts take no more. */
export const MOST_BELIEVED = 16;
/** Times what believed operators kept, for which it speaks, if the reader does not say: that of the contracts. */
export const USUAL_FACTOR = 5;

/** Where the reader is, and what it chose. */
export interface Route {
  /** Parts of the path: `["model", "17"]`. */
  readonly path: readonly string[];
  /** Operators that the reader believes, in the order in which they were named. */
  readonly believe: readonly string[];
  /** Times what they kept, for which it speaks: 1 to 20. */
  readonly factor: number;
  /** Denomination as text; the first of the deployment if undefined. */
  readonly denom: string | undefined;
  /** Everything else that a page keeps in the address. */
  readonly rest: Readonly<Record<string, string>>;
}

const ADDRESS = /^[a-z0-9]{1,83}1[02-9ac-hj-np-z]{38,110}$/;

/** Whether a text has the form of an account's address. */
export function isAddress(text: string): boolean {
  return text === text.toLowerCase() && ADDRESS.test(text);
}

/** Reads the part of an address behind `#`. What cannot be right is left out. */
export function readRoute(hash: string): Route {
  const text = hash.replace(/^#\/?/, "");
  const mark = text.indexOf("?");
  const path = (mark < 0 ? text : text.slice(0, mark)).split("/").filter((part) => part !== "");
  const query = new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1));
  const named = (query.get("believe") ?? "").split(",").filter(isAddress);
  const factor = Number(query.get("factor"));
  const rest: Record<string, string> = {};
  query.forEach((value, key) => {
    if (!["believe", "factor", "denom"].includes(key)) {
      rest[key] = value;
    }
  });
  return {
    path: path.map(decoded),
    believe: [...new Set(named)].slice(0, MOST_BELIEVED),
    factor: Number.isInteger(factor) && factor >= 1 && factor <= 20 ? factor : USUAL_FACTOR,
    denom: query.get("denom") ?? undefined,
    rest,
  };
}

/** The part of an address behind `#`, with the `#`. */
export function writeRoute({ path, believe, factor, denom, rest }: Route): string {
  // Commas need no escape here, and addresses are read by people.
  const query: string[] = [];
  if (believe.length > 0) {
    query.push(`believe=${believe.join(",")}`);
  }
  if (factor !== USUAL_FACTOR) {
    query.push(`factor=${factor}`);
  }
  if (denom !== undefined) {
    query.push(`denom=${encodeURIComponent(denom)}`);
  }
  for (const [key, value] of Object.entries(rest)) {
    query.push(`${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  }
  return `#/${path.map(encodeURIComponent).join("/")}${query.length > 0 ? `?${query.join("&")}` : ""}`;
}

/** The same choice of the reader on another page. */
export function toPage(route: Route, path: string, rest: Readonly<Record<string, string>> = {}): string {
  return writeRoute({ ...route, path: path.split("/").filter((part) => part !== ""), rest });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
