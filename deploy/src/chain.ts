/** What a deployment asks of a chain beside what the client does. */

import { instantiate2Address } from "@cosmjs/cosmwasm";
import { stringToPath } from "@cosmjs/crypto";
import { DirectSecp256k1HdWallet, type EncodeObject } from "@cosmjs/proto-signing";
import type { Event } from "@cosmjs/stargate";
import { createProtobufRpcClient, QueryClient } from "@cosmjs/stargate";
import { QueryClientImpl } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { type AccessConfig, AccessType } from "cosmjs-types/cosmwasm/wasm/v1/types";
import { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { connectNode, fromHex, HubError, SigningClient, toHex } from "hub-client";
import type { ChainConfig } from "./config.js";

const CODES_A_PAGE = 100n;

/** An account on a chain that deploys. */
export interface Deployer {
  readonly address: string;
  readonly client: SigningClient;
  /** Id of the newest code with this hash that the account stored, or that everybody may instantiate. */
  codeOf(sha256: string): Promise<number | undefined>;
  /** What the chain says of storing codes. */
  permissions(): Promise<Permissions>;
  /** Gas of a block at most, as the chain's parameters say; undefined without a limit. */
  blockGas(): Promise<number | undefined>;
  /** Hash of a code. */
  hashOf(code: number): Promise<string>;
}

/** Who may store codes, and who may instantiate them. */
export interface Permissions {
  /** Whether the account may store a code itself. Where it may not, governance stores it. */
  readonly mayStore: boolean;
  /** Whether everybody may instantiate a code whose sender does not say who may. */
  readonly everybodyInstantiates: boolean;
}

/** Connects with the account of a mnemonic. */
export async function connectDeployer(config: ChainConfig, mnemonic: string): Promise<Deployer> {
  if (config.keyType !== "secp256k1") {
    throw new HubError(
      "invalid_input",
      `accounts of ${config.chainId} have keys of Ethereum (${config.keyType}), and this command does not sign with them`,
      "store and instantiate with the chain's own command; docs/CHAINS.md lists the messages in their order",
    );
  }
  const { comet } = await connectNode(config.rpc, config.chainId);
  const wallet = await walletOf(mnemonic, config);
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
      const found = page.codeInfos.find(
        (code) =>
          toHex(code.dataHash) === sha256 &&
          (code.creator === account.address || allows(code.instantiatePermission, undefined)),
      );
      if (found !== undefined) {
        return Number(found.codeId);
      }
      key = new Uint8Array(page.pagination?.nextKey ?? []);
    } while (key.length > 0);
    return undefined;
  };
  const hashOf = async (code: number): Promise<string> => {
    // One entry of the list, since wasmd before 0.54 has no query for one code without its bytes.
    const pagination = PageRequest.fromPartial({ key: bigEndian(code), limit: 1n });
    const found = (await queries.Codes({ pagination })).codeInfos[0];
    return found === undefined || Number(found.codeId) !== code ? "unknown" : toHex(found.dataHash);
  };
  const permissions = async (): Promise<Permissions> => {
    const { params } = await queries.Params({});
    return {
      mayStore: allows(params.codeUploadAccess, account.address),
      everybodyInstantiates: params.instantiateDefaultPermission === AccessType.ACCESS_TYPE_EVERYBODY,
    };
  };
  const blockGas = async (): Promise<number | undefined> => {
    const answer = await fetch(new URL("consensus_params", `${config.rpc.replace(/\/$/, "")}/`));
    const json = (await answer.json()) as { result?: { consensus_params?: { block?: { max_gas?: string } } } };
    const gas = Number(json.result?.consensus_params?.block?.max_gas ?? -1);
    return gas < 0 ? undefined : gas;
  };
  return { address: account.address, client, codeOf, hashOf, permissions, blockGas };
}

/** Whether an account may do what the permission is for; `undefined` asks for everybody. */
function allows(access: AccessConfig | undefined, account: string | undefined): boolean {
  switch (access?.permission) {
    case AccessType.ACCESS_TYPE_EVERYBODY:
      return true;
    case AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES:
      return account !== undefined && access.addresses.includes(account);
    default:
      return false;
  }
}

function bigEndian(id: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(id));
  return bytes;
}

async function walletOf(mnemonic: string, { prefix, coinType }: ChainConfig): Promise<DirectSecp256k1HdWallet> {
  try {
    const hdPaths = [stringToPath(`m/44'/${coinType}'/0'/0/0`)];
    return await DirectSecp256k1HdWallet.fromMnemonic(mnemonic.trim(), { prefix, hdPaths });
  } catch {
    // The reason would repeat words of the secret.
    throw new HubError("invalid_input", "HUB_MNEMONIC is no mnemonic", "give its 12 to 24 English words");
  }
}

/** Where a contract will be: known before it is made, so that a run that was interrupted finds it again. */
export function addressOf(sha256: string, creator: string, salt: Uint8Array, prefix: string): string {
  return instantiate2Address(fromHex(sha256), creator, salt, prefix);
}

/** Stores a code that everybody may instantiate: billing makes its escrow, and anyone a Hub of the same codes. */
export function storeMessage(sender: string, gzipped: Uint8Array): EncodeObject {
  const instantiatePermission = { permission: AccessType.ACCESS_TYPE_EVERYBODY, addresses: [] };
  return {
    typeUrl: "/cosmwasm.wasm.v1.MsgStoreCode",
    value: { sender, wasmByteCode: gzipped, instantiatePermission },
  };
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
