/** Generated from schema/: messages, queries and answers of the contracts, and clients of cosmjs for them. */

export * as registry from "./Registry.types.js";
export { RegistryClient, RegistryQueryClient } from "./Registry.client.js";
export * as escrow from "./Escrow.types.js";
export { EscrowClient, EscrowQueryClient } from "./Escrow.client.js";
export * as billing from "./Billing.types.js";
export { BillingClient, BillingQueryClient } from "./Billing.client.js";
export * as nitroVerifier from "./NitroVerifier.types.js";
export { NitroVerifierClient, NitroVerifierQueryClient } from "./NitroVerifier.client.js";

/** Names and version of the contracts that these types belong to. */
export const CONTRACTS = {
  registry: { name: "crates.io:hub-registry", version: "0.3.0" },
  escrow: { name: "crates.io:hub-escrow", version: "0.3.0" },
  billing: { name: "crates.io:hub-billing", version: "0.3.0" },
  nitro_verifier: { name: "crates.io:hub-nitro-verifier", version: "0.3.0" },
} as const;
