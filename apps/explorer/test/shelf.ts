/** Walrus for the page's tests: stores what it is given under the ids that a test says, and gives it back. */

import type { IncomingMessage, ServerResponse } from "node:http";

/** Publisher and aggregator in one. */
export class Shelf {
  /** Ids that are answered to what is stored, in this order. */
  readonly ids: string[] = [];
  /** What was stored: `blobs` or `quilts`, and its id. */
  readonly stored: { readonly kind: string; readonly id: string }[] = [];
  /** How long storing takes. */
  delayMs = 0;
  readonly #blobs = new Map<string, Buffer>();

  /** Puts a blob there, as if it had always been. */
  put(id: string, bytes: Uint8Array): void {
    this.#blobs.set(id, Buffer.from(bytes));
  }

  answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const headers = {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, PUT",
      "access-control-allow-headers": "*",
    };
    const [, , kind = "", id = ""] = new URL(request.url ?? "/", "http://x").pathname.split("/");
    if (request.method === "PUT") {
      setTimeout(() => {
        const next = this.ids[this.stored.length] ?? "";
        this.stored.push({ kind, id: next });
        this.#blobs.set(next, body);
        const answer = { alreadyCertified: { blobId: next } };
        response
          .writeHead(200, { ...headers, "content-type": "application/json" })
          .end(JSON.stringify(kind === "quilts" ? { blobStoreResult: answer } : answer));
      }, this.delayMs);
      return;
    }
    const found = this.#blobs.get(id);
    if (request.method === "OPTIONS" || found === undefined) {
      response.writeHead(request.method === "OPTIONS" ? 204 : 404, headers).end();
      return;
    }
    const [, from, until] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = from === undefined ? found : found.subarray(Number(from), Number(until) + 1);
    response.writeHead(from === undefined ? 200 : 206, headers).end(part);
  }
}
