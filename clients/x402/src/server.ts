/**
 * For servers that sell a Hub model as a resource of their own, with `@x402/express` or another of x402's servers: the operator of the
 * model is the facilitator. A request is priced by asking the operator, and answered by sending it on with its payment.
 */

import { PaymentError } from "./errors.js";
import { decodeHeader, readRequirements, SCHEME } from "./header.js";

const HEADER_REQUIRED = "payment-required";
const HEADER_SIGNATURE = "payment-signature";

/** What `register` of x402's resource servers takes, for `cosmos:*`. Prices come from {@link quoteOf}. */
export const sellerScheme = {
  scheme: SCHEME,
  defaultAssetTransferMethod: "default",
  paymentFlows: { default: { supported: ["authorization" as const], default: "authorization" as const } },
  /** Each offer of an operator has a name of its own. */
  dynamicExtraFields: ["requestId"],
  parsePrice: (price: unknown): Promise<Quote["price"]> => {
    const one = price as Partial<Quote["price"]> | null;
    if (typeof one?.amount !== "string" || typeof one.asset !== "string") {
      const what = "a price of a Hub model is what its operator asks for";
      return Promise.reject(new PaymentError("invalid_input", what, "give the price of quoteOf(), request by request"));
    }
    return Promise.resolve(one as Quote["price"]);
  },
  enhancePaymentRequirements: <T>(requirements: T): Promise<T> => Promise.resolve(requirements),
};

/** What an operator asks for one request. */
export interface Quote {
  /** As routes of x402's servers take it. */
  readonly price: { readonly amount: string; readonly asset: string; readonly extra: Record<string, unknown> };
  readonly payTo: string;
  readonly network: `${string}:${string}`;
}

/** Asks an operator what a request costs. `url` is the model's own address there, and `body` what the buyer sent, byte for byte. */
export async function quoteOf(url: string, body: Uint8Array, send: typeof fetch = fetch): Promise<Quote> {
  const response = await send(url, { method: "POST", headers: JSON_BODY, body: body as BodyInit });
  const header = response.headers.get(HEADER_REQUIRED);
  if (response.status !== 402 || header === null) {
    const said = (await response.text()).slice(0, 300);
    throw new PaymentError("refused", `the operator names no price (status ${response.status})`, said);
  }
  const { amount, asset, extra, payTo, network } = offerIn(header);
  return { price: { amount, asset, extra }, payTo, network };
}

function offerIn(header: string): Quote["price"] & Omit<Quote, "price"> {
  try {
    const { accepts } = decodeHeader(header) as { accepts: [Quote["price"] & Omit<Quote, "price">] };
    readRequirements(accepts[0]);
    return accepts[0];
  } catch (cause) {
    const what = `the operator's price cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new PaymentError("wrong_requirements", what, "ask another operator", { cause });
  }
}

/** Sends a request on with the payment that came with it: the operator runs the model, and charges the buyer. */
export async function forward(
  url: string,
  body: Uint8Array,
  payment: string,
  send: typeof fetch = fetch,
): Promise<{ readonly status: number; readonly mimeType: string; readonly body: Uint8Array }> {
  const headers = { ...JSON_BODY, [HEADER_SIGNATURE]: payment };
  const response = await send(url, { method: "POST", headers, body: body as BodyInit });
  const mimeType = response.headers.get("content-type") ?? "application/octet-stream";
  return { status: response.status, mimeType, body: new Uint8Array(await response.arrayBuffer()) };
}

const JSON_BODY = { "content-type": "application/json" };
