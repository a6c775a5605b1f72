/**
 * Account numbers as wide as chains give them. Since version 0.54 the Cosmos SDK gives new accounts numbers of 64 bits; cosmjs
 * keeps them in 53 and fails. So the number is read here, and put into what is signed on its way to the signer.
 */

import type { OfflineSigner } from "@cosmjs/proto-signing";
import { BaseAccount, ModuleAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import {
  BaseVestingAccount,
  ContinuousVestingAccount,
  DelayedVestingAccount,
  PeriodicVestingAccount,
  PermanentLockedAccount,
} from "cosmjs-types/cosmos/vesting/v1beta1/vesting";
import type { Any } from "cosmjs-types/google/protobuf/any";

/** What a signature needs to know of an account. */
export interface AccountNumbers {
  readonly accountNumber: bigint;
  readonly sequence: bigint;
}

const DECODERS: Record<string, (value: Uint8Array) => BaseAccount | undefined> = {
  "/cosmos.auth.v1beta1.BaseAccount": (value) => BaseAccount.decode(value),
  "/cosmos.auth.v1beta1.ModuleAccount": (value) => ModuleAccount.decode(value).baseAccount,
  "/cosmos.vesting.v1beta1.BaseVestingAccount": (value) => BaseVestingAccount.decode(value).baseAccount,
  "/cosmos.vesting.v1beta1.ContinuousVestingAccount": (value) =>
    ContinuousVestingAccount.decode(value).baseVestingAccount?.baseAccount,
  "/cosmos.vesting.v1beta1.DelayedVestingAccount": (value) =>
    DelayedVestingAccount.decode(value).baseVestingAccount?.baseAccount,
  "/cosmos.vesting.v1beta1.PeriodicVestingAccount": (value) =>
    PeriodicVestingAccount.decode(value).baseVestingAccount?.baseAccount,
  "/cosmos.vesting.v1beta1.PermanentLockedAccount": (value) =>
    PermanentLockedAccount.decode(value).baseVestingAccount?.baseAccount,
};

/** The numbers of an account; undefined if it is of a kind that is not known here. */
export function accountNumbers({ typeUrl, value }: Any): AccountNumbers | undefined {
  return DECODERS[typeUrl]?.(value);
}

/** A signer that signs for the account numbers in `numbers`, whatever stands in the document. */
export function signerFor(signer: OfflineSigner, numbers: ReadonlyMap<string, bigint>): OfflineSigner {
  const getAccounts = () => signer.getAccounts();
  if ("signDirect" in signer) {
    return {
      getAccounts,
      signDirect: (address, document) =>
        signer.signDirect(address, { ...document, accountNumber: numbers.get(address) ?? document.accountNumber }),
    };
  }
  return {
    getAccounts,
    signAmino: (address, document) => {
      const account_number = numbers.get(address)?.toString() ?? document.account_number;
      return signer.signAmino(address, { ...document, account_number });
    },
  };
}
