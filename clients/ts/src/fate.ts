/**
 * What became of a transaction that no node shows: whether it surely never happened, and what a failure means that a node tells
 * of bytes which were in two blocks. A wrong "never happened" makes a user pay twice, so only what proves it counts.
 */

import { type DeliverTxResponse, fromTendermintEvent, type QueryClient } from "@cosmjs/stargate";
import type { CometClient } from "@cosmjs/tendermint-rpc";
import { sha256 } from "@noble/hashes/sha2";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { QueryAccountRequest, QueryAccountResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { AuthInfo, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { accountNumbers } from "./accounts.js";
import { toHex } from "./bytes.js";

/** A transaction on its way. */
export interface Flight {
  readonly txHash: string;
  readonly txBytes?: Uint8Array | undefined;
  /** The block after which it was signed. */
  readonly after?: bigint | undefined;
  /** The last block that can hold it. */
  readonly until?: bigint | undefined;
  readonly sender?: string | undefined;
}

/** A node announces a block before it can find the transactions in it. */
export const INDEXING_BLOCKS = 2n;

/** What a node says of itself, in one question of a kilobyte. */
export interface LatestBlock {
  readonly height: bigint;
  readonly time: Date;
  readonly catchingUp: boolean;
}

/** The latest block of a node. */
export async function latestBlock(comet: CometClient): Promise<LatestBlock> {
  const { latestBlockHeight, latestBlockTime, catchingUp } = (await comet.status()).syncInfo;
  return { height: BigInt(latestBlockHeight), time: new Date(latestBlockTime.getTime()), catchingUp };
}

/** What is known of a transaction that should be in a block by now. */
export type Fate =
  | { readonly executed: DeliverTxResponse }
  /** It surely never happened. */
  | { readonly dropped: string }
  /** This node cannot tell. */
  | { readonly unknown: string };

/** Most blocks that are searched for a transaction, one by one. */
const MOST_BLOCKS = 2_000n;

/**
 * What became of a transaction that a node did not find after the last block that could hold it. That alone shows nothing: a
 * node that was synced from a state, or does not index, finds no older ones. It is dropped if its account still expects its
 * sequence, which every execution counts up, or if none of the blocks that could hold it does.
 *
 * @param height a height by which it had to happen
 */
export async function fateOf(comet: CometClient, queries: QueryClient, flight: Flight, height: bigint): Promise<Fate> {
  const { after, until } = flight;
  if (await sequenceUnused(queries, flight, height)) {
    return { dropped: "its account still expects its sequence" };
  }
  if (after === undefined || until === undefined) {
    return { unknown: "it is not known after which block it was signed, so that no search can be complete" };
  }
  if (until - after > MOST_BLOCKS) {
    return { unknown: `it can be in one of ${until - after} blocks, too many to search` };
  }
  try {
    const executed = await inBlocks(comet, flight, after + 1n, until);
    return executed === undefined ? { dropped: `blocks ${after + 1n} to ${until} were searched` } : { executed };
  } catch (error) {
    const what = `the node does not have every block from ${after + 1n} to ${until}`;
    return {
      unknown: `${what} (${error instanceof Error ? error.message : String(error)}): ask one with older blocks`,
    };
  }
}

/** Whether the account still expects the sequence of the transaction, at a height by which it had to happen. */
async function sequenceUnused(queries: QueryClient, { txBytes, sender }: Flight, height: bigint): Promise<boolean> {
  if (txBytes === undefined || sender === undefined) {
    return false;
  }
  const [signer] = AuthInfo.decode(TxRaw.decode(txBytes).authInfoBytes).signerInfos;
  if (signer === undefined) {
    return false;
  }
  const request = QueryAccountRequest.encode({ address: sender }).finish();
  try {
    // At that height and no other: a node that lags refuses it, where the latest it has would be of the past.
    const answer = await queries.queryAbci("/cosmos.auth.v1beta1.Query/Account", request, Number(height));
    const { account } = QueryAccountResponse.decode(answer.value);
    const numbers = account === undefined ? undefined : accountNumbers(account);
    return BigInt(answer.height) >= height && numbers !== undefined && numbers.sequence <= signer.sequence;
  } catch {
    return false;
  }
}

/**
 * The execution of the same bytes in an earlier block than `height`, where they failed since their sequence was used.
 * Undefined if there is none.
 *
 * @param most how many blocks are searched where it is not known after which one it was signed
 */
export async function earlierExecution(
  comet: CometClient,
  flight: Flight,
  height: bigint,
  most: bigint,
): Promise<DeliverTxResponse | undefined> {
  const first = flight.after === undefined ? height - most : flight.after + 1n;
  return await inBlocks(comet, flight, first > 1n ? first : 1n, height - 1n);
}

/** The execution of a transaction in one of the blocks `first` to `last`. Fails if the node lacks one of them. */
async function inBlocks(
  comet: CometClient,
  { txHash }: Flight,
  first: bigint,
  last: bigint,
): Promise<DeliverTxResponse | undefined> {
  for (let height = first; height <= last; height += 1n) {
    const { block } = await comet.block(Number(height));
    for (const place of block.txs.keys()) {
      if (toHex(sha256(block.txs[place] ?? new Uint8Array())).toUpperCase() === txHash) {
        const { results } = await comet.blockResults(Number(height));
        const result = results[place];
        // One that failed for its sequence executed nothing.
        if (result !== undefined && !(result.codespace === "sdk" && result.code === WRONG_SEQUENCE)) {
          const { code, log, events, data, gasUsed, gasWanted } = result;
          return {
            height: Number(height),
            txIndex: place,
            code,
            transactionHash: txHash,
            events: events.map(fromTendermintEvent),
            rawLog: log ?? "",
            msgResponses: TxMsgData.decode(data ?? new Uint8Array()).msgResponses.map(({ typeUrl, value }) => ({
              typeUrl,
              value: Uint8Array.from(value),
            })),
            gasUsed,
            gasWanted,
          };
        }
      }
    }
  }
  return undefined;
}

/** Error of the SDK for a transaction whose sequence is not the account's. */
const WRONG_SEQUENCE = 32;
