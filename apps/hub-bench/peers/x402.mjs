// What a verification of x402's scheme `exact` costs: `@x402/evm`, transferWithAuthorization of EIP-3009, as its facilitators do it.
// What nodes are asked is answered at once, so that only this process is measured. Prints microseconds of processor time.
import { createHash, randomBytes } from "node:crypto";
import { ExactEvmScheme as Client } from "@x402/evm/exact/client";
import { ExactEvmScheme as Facilitator } from "@x402/evm/exact/facilitator";
import { privateKeyToAccount } from "viem/accounts";

const account = privateKeyToAccount(`0x${createHash("sha256").update("payer").digest("hex")}`);
const asset = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
const requirements = {
  scheme: "exact",
  network: "eip155:84532",
  asset,
  amount: "1000",
  payTo: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
  maxTimeoutSeconds: 300,
  extra: { name: "USDC", version: "2" },
};

// A node that answers at once: the simulation of the transfer succeeds, the payer has money.
const unused = () => Promise.reject(new Error("a verification sends nothing"));
const signer = {
  getAddresses: () => [account.address],
  readContract: async ({ functionName }) => {
    if (functionName === "balanceOf") return 10n ** 12n;
    if (functionName === "authorizationState") return false;
    return undefined;
  },
  // Of an account with a key, the scheme checks the signature itself. This is asked for contracts.
  verifyTypedData: () => Promise.reject(new Error("the payer is no contract")),
  getCode: async ({ address }) => (address.toLowerCase() === asset.toLowerCase() ? "0x60" : undefined),
  writeContract: unused,
  sendTransaction: unused,
  waitForTransactionReceipt: unused,
};

const client = new Client(account);
const facilitator = new Facilitator(signer);
const payments = [];
for (let number = 0; number < 300; number += 1) {
  const { payload } = await client.createPaymentPayload(2, requirements);
  payments.push({ x402Version: 2, accepted: requirements, payload, resource: { url: `http://127.0.0.1/${randomBytes(4).toString("hex")}` } });
}

const first = await facilitator.verify(payments[0], requirements);
if (!first.isValid) {
  throw new Error(`a sound payment is refused: ${JSON.stringify(first)}`);
}
const forged = structuredClone(payments[0]);
forged.payload.authorization.value = "1001";
if ((await facilitator.verify(forged, requirements)).isValid) {
  throw new Error("a forged payment passes: nothing is verified");
}

let best = Infinity;
for (let round = 0; round < 5; round += 1) {
  const began = process.cpuUsage();
  for (const payment of payments) {
    await facilitator.verify(payment, requirements);
  }
  const { user, system } = process.cpuUsage(began);
  best = Math.min(best, (user + system) / payments.length);
}
console.log(best.toFixed(1));
