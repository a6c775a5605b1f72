/**
 * Generated from schema/nitro-verifier.json by 'cargo xtask client'. Do not edit.
 */

import type { SigningCosmWasmClient, ExecuteResult } from "@cosmjs/cosmwasm";
import type { SmartQuerier } from "../querier.js";
import type { Coin, StdFee } from "@cosmjs/amino";
import type { HexBinary, InstantiateMsg, ExecuteMsg, Binary, KeyType, QueryMsg, MigrateMsg, ConfigResponse, VerifyResponse } from "./NitroVerifier.types.js";
export interface NitroVerifierReadOnlyInterface {
  contractAddress: string;
  /** What it trusts. */
  config: () => Promise<ConfigResponse>;
  /**
   * What `Attest` would find now, without remembering anything. An error, with the same sentence, if it would
   * refuse.
   */
  verify: ({
    evidence,
    key,
    keyType
  }: {
    evidence: Binary;
    key: Binary;
    keyType: KeyType;
  }) => Promise<VerifyResponse>;
}
export class NitroVerifierQueryClient implements NitroVerifierReadOnlyInterface {
  client: SmartQuerier;
  contractAddress: string;

  constructor(client: SmartQuerier, contractAddress: string) {
    this.client = client;
    this.contractAddress = contractAddress;
    this.config = this.config.bind(this);
    this.verify = this.verify.bind(this);
  }

  config = async (): Promise<ConfigResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      config: {}
    });
  };
  verify = async ({
    evidence,
    key,
    keyType
  }: {
    evidence: Binary;
    key: Binary;
    keyType: KeyType;
  }): Promise<VerifyResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      verify: {
        evidence,
        key,
        key_type: keyType
      }
    });
  };
}
export interface NitroVerifierInterface extends NitroVerifierReadOnlyInterface {
  contractAddress: string;
  sender: string;
  /**
   * Checks that `evidence` is about this key and good now. Anyone. Answers with a digest of 32 raw bytes as
   * data, that names what was found: the same for the same finding, such as one enclave image. An error, with a
   * sentence for the operator, if the evidence does not hold.
   */
  attest: ({
    evidence,
    key,
    keyType
  }: {
    evidence: Binary;
    key: Binary;
    keyType: KeyType;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
}
export class NitroVerifierClient extends NitroVerifierQueryClient implements NitroVerifierInterface {
  override client: SigningCosmWasmClient;
  sender: string;
  override contractAddress: string;

  constructor(client: SigningCosmWasmClient, sender: string, contractAddress: string) {
    super(client, contractAddress);
    this.client = client;
    this.sender = sender;
    this.contractAddress = contractAddress;
    this.attest = this.attest.bind(this);
  }

  attest = async ({
    evidence,
    key,
    keyType
  }: {
    evidence: Binary;
    key: Binary;
    keyType: KeyType;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      attest: {
        evidence,
        key,
        key_type: keyType
      }
    }, fee, memo, _funds);
  };
}