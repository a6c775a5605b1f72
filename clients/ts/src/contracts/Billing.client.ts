/**
 * Generated from schema/billing.json by 'npm run codegen --workspace hub-client'. Do not edit.
 */

import type { CosmWasmClient, SigningCosmWasmClient, ExecuteResult } from "@cosmjs/cosmwasm";
import type { Coin, StdFee } from "@cosmjs/amino";
import type { InstantiateMsg, ExecuteMsg, Binary, KeyType, QueryMsg, HexBinary, UncheckedDenom, InclusionProof, MigrateMsg, Addr, AttesterStatus, AttesterResponse, NullableAttesterResponse, AttestersResponse, RecordedBatch, BatchesResponse, ConfigResponse, Uint128, Denom, Outcome, BatchResponse, Gross, OutcomeRun, UsageResponse, InclusionResponse } from "./Billing.types.js";
export interface BillingReadOnlyInterface {
  contractAddress: string;
  /** Wiring and constants. */
  config: () => Promise<ConfigResponse>;
  /** An attester by id. */
  attester: ({
    attester
  }: {
    attester: number;
  }) => Promise<AttesterResponse>;
  /** An attester by key. */
  attesterByKey: ({
    key
  }: {
    key: Binary;
  }) => Promise<NullableAttesterResponse>;
  /** All attesters, by id. */
  attesters: ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: number;
  }) => Promise<AttestersResponse>;
  /** Attesters of an operator, by id. */
  attestersByOperator: ({
    limit,
    operator,
    startAfter
  }: {
    limit?: number;
    operator: string;
    startAfter?: number;
  }) => Promise<AttestersResponse>;
  /** What `SettleBatch` would answer now. Without a signature none is checked. */
  previewBatch: ({
    batch,
    signature,
    vouchers
  }: {
    batch: Binary;
    signature?: Binary;
    vouchers?: Binary[];
  }) => Promise<BatchResponse>;
  /** A recorded batch. */
  batch: ({
    attester,
    batch
  }: {
    attester: number;
    batch: number;
  }) => Promise<RecordedBatch>;
  /** Recorded batches of an attester, by number. */
  batches: ({
    attester,
    limit,
    startAfter
  }: {
    attester: number;
    limit?: number;
    startAfter?: number;
  }) => Promise<BatchesResponse>;
  /**
   * Proves that an attester vouched for a receipt in a recorded batch. An error if the proof does not hold. It
   * does not prove that the receipt was paid.
   */
  verifyInclusion: ({
    attester,
    batch,
    proof,
    receipt
  }: {
    attester: number;
    batch: number;
    proof: InclusionProof;
    receipt: Binary;
  }) => Promise<InclusionResponse>;
  /** Lifetime usage of a model in one denomination; zeros if none. */
  usage: ({
    denom,
    model
  }: {
    denom: UncheckedDenom;
    model: number;
  }) => Promise<UsageResponse>;
}
export class BillingQueryClient implements BillingReadOnlyInterface {
  client: CosmWasmClient;
  contractAddress: string;

  constructor(client: CosmWasmClient, contractAddress: string) {
    this.client = client;
    this.contractAddress = contractAddress;
    this.config = this.config.bind(this);
    this.attester = this.attester.bind(this);
    this.attesterByKey = this.attesterByKey.bind(this);
    this.attesters = this.attesters.bind(this);
    this.attestersByOperator = this.attestersByOperator.bind(this);
    this.previewBatch = this.previewBatch.bind(this);
    this.batch = this.batch.bind(this);
    this.batches = this.batches.bind(this);
    this.verifyInclusion = this.verifyInclusion.bind(this);
    this.usage = this.usage.bind(this);
  }

  config = async (): Promise<ConfigResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      config: {}
    });
  };
  attester = async ({
    attester
  }: {
    attester: number;
  }): Promise<AttesterResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      attester: {
        attester
      }
    });
  };
  attesterByKey = async ({
    key
  }: {
    key: Binary;
  }): Promise<NullableAttesterResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      attester_by_key: {
        key
      }
    });
  };
  attesters = async ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: number;
  }): Promise<AttestersResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      attesters: {
        limit,
        start_after: startAfter
      }
    });
  };
  attestersByOperator = async ({
    limit,
    operator,
    startAfter
  }: {
    limit?: number;
    operator: string;
    startAfter?: number;
  }): Promise<AttestersResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      attesters_by_operator: {
        limit,
        operator,
        start_after: startAfter
      }
    });
  };
  previewBatch = async ({
    batch,
    signature,
    vouchers
  }: {
    batch: Binary;
    signature?: Binary;
    vouchers?: Binary[];
  }): Promise<BatchResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      preview_batch: {
        batch,
        signature,
        vouchers
      }
    });
  };
  batch = async ({
    attester,
    batch
  }: {
    attester: number;
    batch: number;
  }): Promise<RecordedBatch> => {
    return this.client.queryContractSmart(this.contractAddress, {
      batch: {
        attester,
        batch
      }
    });
  };
  batches = async ({
    attester,
    limit,
    startAfter
  }: {
    attester: number;
    limit?: number;
    startAfter?: number;
  }): Promise<BatchesResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      batches: {
        attester,
        limit,
        start_after: startAfter
      }
    });
  };
  verifyInclusion = async ({
    attester,
    batch,
    proof,
    receipt
  }: {
    attester: number;
    batch: number;
    proof: InclusionProof;
    receipt: Binary;
  }): Promise<InclusionResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      verify_inclusion: {
        attester,
        batch,
        proof,
        receipt
      }
    });
  };
  usage = async ({
    denom,
    model
  }: {
    denom: UncheckedDenom;
    model: number;
  }): Promise<UsageResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      usage: {
        denom,
        model
      }
    });
  };
}
export interface BillingInterface extends BillingReadOnlyInterface {
  contractAddress: string;
  sender: string;
  /**
   * Registers a signing key of the sender, who becomes its operator. Anyone; a key registers once, ever. Emits
   * `hub_attester_registered`. Returns `AttesterCreated` as data.
   */
  registerAttester: ({
    endpoint,
    key,
    keyType,
    possession
  }: {
    endpoint?: string;
    key: Binary;
    keyType: KeyType;
    possession: Binary;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Receipts that the attester issues after the grace are refused; earlier ones stay billable. Its operator,
   * once. Emits `hub_attester_retired`.
   */
  retire: ({
    attester
  }: {
    attester: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Nothing of the attester is accepted any more, whenever it was issued. Its operator, once. Emits
   * `hub_attester_revoked`.
   */
  revoke: ({
    attester
  }: {
    attester: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /** Changes where callers reach an attester. Its operator. Emits `hub_endpoint_set`. */
  setEndpoint: ({
    attester,
    endpoint
  }: {
    attester: number;
    endpoint?: string;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Settles many receipts under one signature. Anyone. Format, signature, attester and `issued_to` decide about
   * the whole; the rest is decided per group and never fails the others. Emits `hub_settle`. Returns
   * `BatchResponse` as data. A batch that changes nothing is an error, unless all of it was settled before.
   */
  settleBatch: ({
    batch,
    signature,
    vouchers
  }: {
    batch: Binary;
    signature: Binary;
    vouchers?: Binary[];
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /** Settles one receipt, and checks its blob id. Anyone. Emits `hub_receipt`. Returns `ReceiptResponse` as data. */
  settle: ({
    receipt,
    sequence,
    signature,
    voucher
  }: {
    receipt: Binary;
    sequence: number;
    signature: Binary;
    voucher?: Binary;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
}
export class BillingClient extends BillingQueryClient implements BillingInterface {
  override client: SigningCosmWasmClient;
  sender: string;
  override contractAddress: string;

  constructor(client: SigningCosmWasmClient, sender: string, contractAddress: string) {
    super(client, contractAddress);
    this.client = client;
    this.sender = sender;
    this.contractAddress = contractAddress;
    this.registerAttester = this.registerAttester.bind(this);
    this.retire = this.retire.bind(this);
    this.revoke = this.revoke.bind(this);
    this.setEndpoint = this.setEndpoint.bind(this);
    this.settleBatch = this.settleBatch.bind(this);
    this.settle = this.settle.bind(this);
  }

  registerAttester = async ({
    endpoint,
    key,
    keyType,
    possession
  }: {
    endpoint?: string;
    key: Binary;
    keyType: KeyType;
    possession: Binary;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      register_attester: {
        endpoint,
        key,
        key_type: keyType,
        possession
      }
    }, fee, memo, _funds);
  };
  retire = async ({
    attester
  }: {
    attester: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      retire: {
        attester
      }
    }, fee, memo, _funds);
  };
  revoke = async ({
    attester
  }: {
    attester: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      revoke: {
        attester
      }
    }, fee, memo, _funds);
  };
  setEndpoint = async ({
    attester,
    endpoint
  }: {
    attester: number;
    endpoint?: string;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      set_endpoint: {
        attester,
        endpoint
      }
    }, fee, memo, _funds);
  };
  settleBatch = async ({
    batch,
    signature,
    vouchers
  }: {
    batch: Binary;
    signature: Binary;
    vouchers?: Binary[];
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      settle_batch: {
        batch,
        signature,
        vouchers
      }
    }, fee, memo, _funds);
  };
  settle = async ({
    receipt,
    sequence,
    signature,
    voucher
  }: {
    receipt: Binary;
    sequence: number;
    signature: Binary;
    voucher?: Binary;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      settle: {
        receipt,
        sequence,
        signature,
        voucher
      }
    }, fee, memo, _funds);
  };
}