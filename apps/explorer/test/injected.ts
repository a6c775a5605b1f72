/**
 * A wallet in the page with Keplr's interface, whose keys are in Node and sign for real: Keplr and Leap are extensions, which no test
 * can install. It signs directly, or as a Ledger does: amino alone.
 */

import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { Secp256k1HdWallet } from "@cosmjs/amino";
import type { Page } from "playwright-core";

/** What a test asks of the wallet. */
export interface Injected {
  /** Accounts by their words; the first is in use. */
  words: string[];
  /** Whether it refuses to sign. */
  refuses: boolean;
  /** What it waits for before it signs: a person who has not answered yet. */
  waits: Promise<void> | undefined;
  /** Sign documents that it was shown, by kind. */
  readonly signed: string[];
  /** Chains that it was told of. */
  readonly suggested: unknown[];
}

/** Puts a wallet into a page before the page runs. */
export async function inject(page: Page, name: "keplr" | "leap", ledger: boolean, words: string[]): Promise<Injected> {
  const state: Injected = { words, refuses: false, waits: undefined, signed: [], suggested: [] };
  const [used] = [() => state.words[0] ?? ""];
  const direct = () => DirectSecp256k1HdWallet.fromMnemonic(used(), { prefix: "wasm" });
  const amino = () => Secp256k1HdWallet.fromMnemonic(used(), { prefix: "wasm" });
  await page.exposeFunction("walletAccounts", async () => {
    const accounts = await (await direct()).getAccounts();
    return accounts.map(({ address, algo, pubkey }) => ({ address, algo, pubkey: [...pubkey] }));
  });
  await page.exposeFunction("walletSuggest", (chain: unknown) => void state.suggested.push(chain));
  await page.exposeFunction("walletSign", async (kind: string, signer: string, doc: DirectDocument | object) => {
    await state.waits;
    if (state.refuses) {
      throw new Error("Request rejected");
    }
    state.signed.push(kind);
    if (kind === "amino") {
      return (await (await amino()).signAmino(signer, doc as never)).signature;
    }
    const { bodyBytes, authInfoBytes, chainId, accountNumber } = doc as DirectDocument;
    const document = {
      bodyBytes: Uint8Array.from(bodyBytes),
      authInfoBytes: Uint8Array.from(authInfoBytes),
      chainId,
      accountNumber: BigInt(accountNumber),
    };
    return (await (await direct()).signDirect(signer, document)).signature;
  });
  await page.addInitScript(
    ({ name, ledger }) => {
      const node = globalThis as unknown as Exposed;
      let known = false;
      const getAccounts = async () =>
        (await node.walletAccounts()).map((one) => ({ ...one, pubkey: Uint8Array.from(one.pubkey) }));
      const signDirect = async (signer: string, doc: PageDocument) => ({
        signed: doc,
        signature: await node.walletSign("direct", signer, {
          bodyBytes: [...doc.bodyBytes],
          authInfoBytes: [...doc.authInfoBytes],
          chainId: doc.chainId,
          accountNumber: String(doc.accountNumber),
        }),
      });
      const signAmino = async (signer: string, doc: object) => ({
        signed: doc,
        signature: await node.walletSign("amino", signer, doc),
      });
      Object.assign(globalThis, {
        [name]: {
          enable: async (chain: string) => {
            if (!known) {
              throw new Error(`There is no chain info for ${chain}`);
            }
          },
          experimentalSuggestChain: async (chain: unknown) => {
            await node.walletSuggest(chain);
            known = true;
          },
          getOfflineSignerAuto: async () => (ledger ? { getAccounts, signAmino } : { getAccounts, signDirect }),
        },
      });
    },
    { name, ledger },
  );
  return state;
}

interface DirectDocument {
  readonly bodyBytes: readonly number[];
  readonly authInfoBytes: readonly number[];
  readonly chainId: string;
  readonly accountNumber: string;
}

interface PageDocument {
  readonly bodyBytes: Uint8Array;
  readonly authInfoBytes: Uint8Array;
  readonly chainId: string;
  readonly accountNumber: bigint;
}

interface Exposed {
  walletAccounts(): Promise<{ address: string; algo: string; pubkey: number[] }[]>;
  walletSuggest(chain: unknown): Promise<void>;
  walletSign(kind: string, signer: string, doc: object): Promise<unknown>;
}
