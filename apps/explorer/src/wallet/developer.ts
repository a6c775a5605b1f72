/** Accounts whose words everybody knows, for a devnet. */

import { DirectSecp256k1HdWallet, type OfflineSigner } from "@cosmjs/proto-signing";

/** A signer from words. */
export async function signerOf(mnemonic: string, prefix: string): Promise<OfflineSigner> {
  return await DirectSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix });
}
