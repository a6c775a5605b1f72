/** What a deployment asks of a chain beside what the client does. */

import { instantiate2Address } from "@cosmjs/cosmwasm";
import { DirectSecp256k1HdWallet, type EncodeObject } from "@cosmjs/proto-signing";
import type { Event } from "@cosmjs/stargate";
import { createProtobufRpcClient, QueryClient } from "@cosmjs/stargate";
import { QueryClientImpl } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { connectNode, fromHex, HubError, SigningClient, toHex } from "hub-client";
import type { ChainConfig } from "./config.js";

const CODES_A_PAGE = 100n;

/** An account on a chain that deploys. */
export interface Deployer {
  readonly address: string;
  readonly client: SigningClient;
  /** Id of the newest code with this hash that the account stored. */
  codeOf(sha256: string): Promise<number | undefined>;
  /** Hash of a code. */
  hashOf(code: number): Promise<string>;
}

/** Connects with the account of a mnemonic. */
export async function connectDeployer(config: ChainConfig, mnemonic: string): Promise<Deployer> {
  const { comet } = await connectNode(config.rpc, config.chainId);
  const wallet = await walletOf(mnemonic, config.prefix);
  const [account] = await wallet.getAccounts();
  if (account === undefined) {
    throw new HubError("account_unknown", "the mnemonic gives no account", "give another one in HUB_MNEMONIC");
  }
  const client = SigningClient.open(comet, wallet, {
    gasPrice: `${config.gasPrice}${config.denom}`,
    timeoutBlocks: 50,
  });
  const queries = new QueryClientImpl(createProtobufRpcClient(new QueryClient(comet)));
  const codeOf = async (sha256: string): Promise<number | undefined> => {
    // Newest first: on a chain with many codes, those that an interrupted run stored are found at once.
    let key = new Uint8Array();
    do {
      const pagination = PageRequest.fromPartial({ key, limit: CODES_A_PAGE, reverse: true });
      const page = await queries.Codes({ pagination });
      const found = page.codeInfos.find((code) => code.creator === account.address && toHex(code.dataHash) === sha256);
      if (found !== undefined) {
        return Number(found.codeId);
      }
      key = new Uint8Array(page.pagination?.nextKey ?? []);
    } while (key.length > 0);
    return undefined;
  };
  const hashOf = async (code: number): Promise<string> => {
    const { checksum } = await queries.CodeInfo({ codeId: BigInt(code) });
    return toHex(checksum);
  };
  return { address: account.address, client, codeOf, hashOf };
}

async function walletOf(mnemonic: string, prefix: string): Promise<DirectSecp256k1HdWallet> {
  try {
    return await DirectSecp256k1HdWallet.fromMnemonic(mnemonic.trim(), { prefix });
  } catch {
    // The reason would repeat words of the secret.
    throw new HubError("invalid_input", "HUB_MNEMONIC is no mnemonic", "give its 12 to 24 English words");
  }
}

/** Where a contract will be: known before it is made, so that a run that was interrupted finds it again. */
export function addressOf(sha256: string, creator: string, salt: Uint8Array, prefix: string): string {
  return instantiate2Address(fromHex(sha256), creator, salt, prefix);
}

export function storeMessage(sender: string, gzipped: Uint8Array): EncodeObject {
  return { typeUrl: "/cosmwasm.wasm.v1.MsgStoreCode", value: { sender, wasmByteCode: gzipped } };
}

export function instantiateMessage(
  sender: string,
  code: number,
  salt: Uint8Array,
  label: string,
  message: object,
  admin: string | undefined,
): EncodeObject {
  return {
    typeUrl: "/cosmwasm.wasm.v1.MsgInstantiateContract2",
    value: {
      sender,
      admin: admin ?? "",
      codeId: BigInt(code),
      label,
      msg: new TextEncoder().encode(JSON.stringify(message)),
      funds: [],
      salt,
      fixMsg: false,
    },
  };
}

/** The code id that a transaction stored. */
export function storedCode(events: readonly Event[]): number {
  const stored = events.find((event) => event.type === "store_code");
  return Number(stored?.attributes.find(({ key }) => key === "code_id")?.value);
}
