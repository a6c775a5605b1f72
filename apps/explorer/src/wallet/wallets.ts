/** Wallets that browsers bring along, directly: Keplr and Leap have one interface. On a devnet, accounts that anybody may use. */

import type { OfflineSigner } from "@cosmjs/proto-signing";

import type { Config, WalletChain } from "../app/config.js";

/** Name of the errors that come from a wallet. */
export const WALLET_REFUSAL = "WalletRefusal";

/** The part of Keplr's interface that is used (https://docs.keplr.app/api); Leap's is the same. */
export interface InjectedWallet {
  enable(chainId: string): Promise<void>;
  experimentalSuggestChain(chain: unknown): Promise<void>;
  getKey(
    chainId: string,
  ): Promise<{ readonly name: string; readonly bech32Address: string; readonly isNanoLedger: boolean }>;
  /** Signs directly where it can, and amino where a Ledger must. */
  getOfflineSignerAuto(chainId: string): Promise<OfflineSigner>;
}

/** A way to connect. */
export interface Way {
  readonly name: string;
  readonly connect: () => Promise<OfflineSigner>;
  /** The browser's event that says that its account changed. */
  readonly changes: string | undefined;
}

/** Wallets of this browser, and accounts of a devnet. */
export function ways(config: Config): Way[] {
  const { keplr, leap } = globalThis as { keplr?: InjectedWallet; leap?: InjectedWallet };
  const found: Way[] = [];
  const injected = [
    ["Keplr", keplr, "keplr_keystorechange"],
    ["Leap", leap, "leap_keystorechange"],
  ] as const;
  for (const [name, wallet, changes] of injected) {
    if (wallet !== undefined) {
      found.push({ name, changes, connect: () => told(connect(wallet, config)) });
    }
  }
  for (const { name, mnemonic } of config.wallet?.developerAccounts ?? []) {
    found.push({
      name: `${name} of the devnet`,
      changes: undefined,
      connect: async () => (await import("./developer.js")).signerOf(mnemonic, config.wallet?.prefix ?? ""),
    });
  }
  return found;
}

async function connect(wallet: InjectedWallet, config: Config): Promise<OfflineSigner> {
  const { chain_id } = config.deployment;
  try {
    await wallet.enable(chain_id);
  } catch (refused) {
    if (config.wallet === undefined || /reject/i.test(String(refused))) {
      throw refused;
    }
    await wallet.experimentalSuggestChain(suggestion(config, config.wallet));
    await wallet.enable(chain_id);
  }
  const signer = await wallet.getOfflineSignerAuto(chain_id);
  const getAccounts = () => signer.getAccounts();
  return "signDirect" in signer
    ? { getAccounts, signDirect: (...given) => told(signer.signDirect(...given)) }
    : { getAccounts, signAmino: (...given) => told(signer.signAmino(...given)) };
}

/** What a wallet says when it does not do what it is asked, told apart from what the chain says. Wallets throw texts as well as errors. */
async function told<T>(asked: Promise<T>): Promise<T> {
  return await asked.catch((error: unknown) => {
    const refusal = new Error(error instanceof Error ? error.message : String(error), { cause: error });
    refusal.name = WALLET_REFUSAL;
    throw refusal;
  });
}

/** What a wallet is told of a chain that it does not know. */
export function suggestion(config: Config, wallet: WalletChain): unknown {
  const { prefix, feeDenom, feeSymbol, feeDecimals, gasPrice, rest } = wallet;
  const fee = { coinDenom: feeSymbol, coinMinimalDenom: feeDenom, coinDecimals: feeDecimals };
  const others = config.currencies.flatMap(({ denom, symbol, decimals }) =>
    "native" in denom && denom.native !== feeDenom
      ? [{ coinDenom: symbol, coinMinimalDenom: denom.native, coinDecimals: decimals }]
      : [],
  );
  const price = Number(gasPrice);
  return {
    chainId: config.deployment.chain_id,
    chainName: config.name,
    rpc: config.rpc[0],
    rest,
    bip44: { coinType: 118 },
    bech32Config: {
      bech32PrefixAccAddr: prefix,
      bech32PrefixAccPub: `${prefix}pub`,
      bech32PrefixValAddr: `${prefix}valoper`,
      bech32PrefixValPub: `${prefix}valoperpub`,
      bech32PrefixConsAddr: `${prefix}valcons`,
      bech32PrefixConsPub: `${prefix}valconspub`,
    },
    stakeCurrency: fee,
    currencies: [fee, ...others],
    feeCurrencies: [{ ...fee, gasPriceStep: { low: price, average: price, high: price * 2 } }],
  };
}
