/**
 * Generated from schema/billing.json by 'cargo xtask client'. Do not edit.
 */

import type { SigningCosmWasmClient, ExecuteResult } from "@cosmjs/cosmwasm";
import type { SmartQuerier } from "../querier.js";
import type { Coin, StdFee } from "@cosmjs/amino";
import type { InstantiateMsg, ExecuteMsg, Binary, KeyType, Evidence, QueryMsg, HexBinary, UncheckedDenom, InclusionProof, RankingPlace, MigrateMsg, Addr, AttesterStatus, AttesterResponse, NullableAttesterResponse, Denom, Uint128, AttesterUsageResponse, AttesterSums, AttestersResponse, AuthorUsageResponse, UsageSums, BackingResponse, OperatorServed, ServedSums, BackingsResponse, RecordedBatch, BatchesResponse, ConfigResponse, Decimal, HubResponse, HubSpan, HubSums, HubWeek, HubByDayResponse, HubOfDay, HubWeeksResponse, HubOfWeek, RankingResponse, RankedModel, AttestersUsageResponse, PayersResponse, PayerResponse, Outcome, BatchResponse, Gross, OutcomeRun, RankingAtResponse, ModelAt, ServedByResponse, UsageResponse, UsageByDayResponse, UsageOfDay, UsageByReleaseResponse, UsageOfRelease, UsageOfDaysResponse, UsagesResponse, UsagesByDayResponse, UsageOfModelByDay, UsagesOfDaysResponse, UsageOfModelDays, InclusionResponse, AttesterCreated, ReceiptResponse } from "./Billing.types.js";
export interface BillingReadOnlyInterface {
  contractAddress: string;
  /** The contracts it works with, and the constants it was born with. */
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
  /** Attesters with this measurement, by id. */
  attestersByMeasurement: ({
    limit,
    measurement,
    startAfter
  }: {
    limit?: number;
    measurement: HexBinary;
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
  /** Lifetime usage of a model. 1 read. */
  usage: ({
    denom,
    model
  }: {
    denom: UncheckedDenom;
    model: number;
  }) => Promise<UsageResponse>;
  /**
   * Lifetime usage of several models, in the order in which they are named. As many reads as models. An error if
   * more than 100 are named.
   */
  usages: ({
    denom,
    models
  }: {
    denom: UncheckedDenom;
    models: number[];
  }) => Promise<UsagesResponse>;
  /** Usage of a model on each day on which any of its receipts were billed, by day. `limit` + 4 reads. */
  usageByDay: ({
    denom,
    limit,
    model,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    model: number;
    startAfter?: number;
  }) => Promise<UsageByDayResponse>;
  /**
   * Usage of a model over the days from `from` to `until`, both included. 5 reads, however long the span. An
   * error if `until` is before `from`.
   */
  usageOfDays: ({
    denom,
    from,
    model,
    until
  }: {
    denom: UncheckedDenom;
    from: number;
    model: number;
    until: number;
  }) => Promise<UsageOfDaysResponse>;
  /**
   * Usage of several models over the days from `from` to `until`, both included, in the order in which they are
   * named. 5 reads a model, however long the span. An error if `until` is before `from` or more than 100 are
   * named.
   */
  usagesOfDays: ({
    denom,
    from,
    models,
    until
  }: {
    denom: UncheckedDenom;
    from: number;
    models: number[];
    until: number;
  }) => Promise<UsagesOfDaysResponse>;
  /**
   * Usage of several models on each day from `from` to `until`, both included, on which any of their receipts
   * were billed: what small charts are drawn from. Models in the order in which they are named, days ascending.
   * 4 reads a model and one for each day that is answered. An error if `until` is before `from`, if more than
   * 100 models are named, or if models × days is more than 1 000.
   */
  usagesByDay: ({
    denom,
    from,
    models,
    until
  }: {
    denom: UncheckedDenom;
    from: number;
    models: number[];
    until: number;
  }) => Promise<UsagesByDayResponse>;
  /**
   * What the income of a model is worth to a reader who believes these operators: what they served of it, what
   * they kept, and what that backs. 3 reads an operator and 1. An error if more than 16 are named, one is named
   * twice, or the factor is not 1 to 20. Operators who never registered an attester have zeros.
   */
  backing: ({
    denom,
    factor,
    model,
    operators
  }: {
    denom: UncheckedDenom;
    factor?: number;
    model: number;
    operators: string[];
  }) => Promise<BackingResponse>;
  /**
   * The same for several models, in the order in which they are named. 2 reads an operator, 1 a model, and at
   * most 1 for each of both together. An error as of `Backing`, if more than 100 models are named, or if models
   * × operators is more than 800.
   */
  backings: ({
    denom,
    factor,
    models,
    operators
  }: {
    denom: UncheckedDenom;
    factor?: number;
    models: number[];
    operators: string[];
  }) => Promise<BackingsResponse>;
  /**
   * All operators that ever served a model for money, in the order in which they registered their first
   * attesters. Also how a caller finds who serves it. 2 × `limit` + 4 reads.
   */
  servedBy: ({
    denom,
    limit,
    model,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    model: number;
    startAfter?: string;
  }) => Promise<ServedByResponse>;
  /** Lifetime usage of each release of a model that was ever billed, by number. `limit` + 2 reads. */
  usageByRelease: ({
    denom,
    limit,
    model,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    model: number;
    startAfter?: number;
  }) => Promise<UsageByReleaseResponse>;
  /** Payers of a model: funders whose aged money paid it, by canonical address. 2 × `limit` + 1 reads. */
  payers: ({
    denom,
    limit,
    model,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    model: number;
    startAfter?: string;
  }) => Promise<PayersResponse>;
  /**
   * Usage of an author's present models, summed over up to `limit` of them, by id. What they earned under an
   * earlier author is included, since it is the models that are asked for; `Balance` knows what an account
   * itself earned. 2 × `limit` + 2 reads.
   */
  authorUsage: ({
    author,
    denom,
    limit,
    startAfter
  }: {
    author: string;
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: number;
  }) => Promise<AuthorUsageResponse>;
  /** What an attester signed and was paid. 2 reads. An error if there is no such attester. */
  attesterUsage: ({
    attester,
    denom
  }: {
    attester: number;
    denom: UncheckedDenom;
  }) => Promise<AttesterUsageResponse>;
  /**
   * What an operator's attesters signed and was paid, summed over up to `limit` of them, by id. 2 × `limit` + 1
   * reads.
   */
  operatorUsage: ({
    denom,
    limit,
    operator,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    operator: string;
    startAfter?: number;
  }) => Promise<AttestersUsageResponse>;
  /**
   * What the attesters of one measurement signed and was paid, summed over up to `limit` of them, by id. 2 ×
   * `limit` + 1 reads.
   */
  measurementUsage: ({
    denom,
    limit,
    measurement,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    measurement: HexBinary;
    startAfter?: number;
  }) => Promise<AttestersUsageResponse>;
  /**
   * Models by recent aged income, of which each payment counts half after four weeks, the most first. The order
   * is right where two differ by more than a sixteenth of a doubling; of those that round to the same, the older
   * model comes first. A model that nobody pays any more stands where it belongs, until others pass it. 2 ×
   * `limit` + 1 reads.
   */
  ranking: ({
    denom,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: RankingPlace;
  }) => Promise<RankingResponse>;
  /**
   * Models by the aged income of their lives, the most first. The order is exact where two differ by more than
   * one part in sixteen; of those that round to the same, the older model comes first. 2 × `limit` + 1 reads.
   */
  lifetimeRanking: ({
    denom,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: RankingPlace;
  }) => Promise<RankingResponse>;
  /**
   * Models by what an operator recently kept of their income, the most first: the ranking of a reader who
   * believes it. A reader who believes several puts their pages together and asks `Backings` about the models.
   * Order as in `Ranking`. 3 × `limit` + 3 reads.
   */
  rankingAt: ({
    denom,
    limit,
    operator,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    operator: string;
    startAfter?: RankingPlace;
  }) => Promise<RankingAtResponse>;
  /**
   * The Hub at a glance: the last `days` whole days against as many before them. 81 reads, whatever `days` is.
   * An error unless `days` is 1 to 90.
   */
  hub: ({
    days,
    denom
  }: {
    days: number;
    denom: UncheckedDenom;
  }) => Promise<HubResponse>;
  /** Sums of the Hub for each day on which any receipts were billed, by day. `limit` + 4 reads. */
  hubByDay: ({
    denom,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: number;
  }) => Promise<HubByDayResponse>;
  /** Counts of the Hub for each week in which any receipts were billed, by week. `limit` + 2 reads. */
  hubWeeks: ({
    denom,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: number;
  }) => Promise<HubWeeksResponse>;
}
export class BillingQueryClient implements BillingReadOnlyInterface {
  client: SmartQuerier;
  contractAddress: string;

  constructor(client: SmartQuerier, contractAddress: string) {
    this.client = client;
    this.contractAddress = contractAddress;
    this.config = this.config.bind(this);
    this.attester = this.attester.bind(this);
    this.attesterByKey = this.attesterByKey.bind(this);
    this.attesters = this.attesters.bind(this);
    this.attestersByOperator = this.attestersByOperator.bind(this);
    this.attestersByMeasurement = this.attestersByMeasurement.bind(this);
    this.previewBatch = this.previewBatch.bind(this);
    this.batch = this.batch.bind(this);
    this.batches = this.batches.bind(this);
    this.verifyInclusion = this.verifyInclusion.bind(this);
    this.usage = this.usage.bind(this);
    this.usages = this.usages.bind(this);
    this.usageByDay = this.usageByDay.bind(this);
    this.usageOfDays = this.usageOfDays.bind(this);
    this.usagesOfDays = this.usagesOfDays.bind(this);
    this.usagesByDay = this.usagesByDay.bind(this);
    this.backing = this.backing.bind(this);
    this.backings = this.backings.bind(this);
    this.servedBy = this.servedBy.bind(this);
    this.usageByRelease = this.usageByRelease.bind(this);
    this.payers = this.payers.bind(this);
    this.authorUsage = this.authorUsage.bind(this);
    this.attesterUsage = this.attesterUsage.bind(this);
    this.operatorUsage = this.operatorUsage.bind(this);
    this.measurementUsage = this.measurementUsage.bind(this);
    this.ranking = this.ranking.bind(this);
    this.lifetimeRanking = this.lifetimeRanking.bind(this);
    this.rankingAt = this.rankingAt.bind(this);
    this.hub = this.hub.bind(this);
    this.hubByDay = this.hubByDay.bind(this);
    this.hubWeeks = this.hubWeeks.bind(this);
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
  attestersByMeasurement = async ({
    limit,
    measurement,
    startAfter
  }: {
    limit?: number;
    measurement: HexBinary;
    startAfter?: number;
  }): Promise<AttestersResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      attesters_by_measurement: {
        limit,
        measurement,
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
  usages = async ({
    denom,
    models
  }: {
    denom: UncheckedDenom;
    models: number[];
  }): Promise<UsagesResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      usages: {
        denom,
        models
      }
    });
  };
  usageByDay = async ({
    denom,
    limit,
    model,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    model: number;
    startAfter?: number;
  }): Promise<UsageByDayResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      usage_by_day: {
        denom,
        limit,
        model,
        start_after: startAfter
      }
    });
  };
  usageOfDays = async ({
    denom,
    from,
    model,
    until
  }: {
    denom: UncheckedDenom;
    from: number;
    model: number;
    until: number;
  }): Promise<UsageOfDaysResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      usage_of_days: {
        denom,
        from,
        model,
        until
      }
    });
  };
  usagesOfDays = async ({
    denom,
    from,
    models,
    until
  }: {
    denom: UncheckedDenom;
    from: number;
    models: number[];
    until: number;
  }): Promise<UsagesOfDaysResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      usages_of_days: {
        denom,
        from,
        models,
        until
      }
    });
  };
  usagesByDay = async ({
    denom,
    from,
    models,
    until
  }: {
    denom: UncheckedDenom;
    from: number;
    models: number[];
    until: number;
  }): Promise<UsagesByDayResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      usages_by_day: {
        denom,
        from,
        models,
        until
      }
    });
  };
  backing = async ({
    denom,
    factor,
    model,
    operators
  }: {
    denom: UncheckedDenom;
    factor?: number;
    model: number;
    operators: string[];
  }): Promise<BackingResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      backing: {
        denom,
        factor,
        model,
        operators
      }
    });
  };
  backings = async ({
    denom,
    factor,
    models,
    operators
  }: {
    denom: UncheckedDenom;
    factor?: number;
    models: number[];
    operators: string[];
  }): Promise<BackingsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      backings: {
        denom,
        factor,
        models,
        operators
      }
    });
  };
  servedBy = async ({
    denom,
    limit,
    model,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    model: number;
    startAfter?: string;
  }): Promise<ServedByResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      served_by: {
        denom,
        limit,
        model,
        start_after: startAfter
      }
    });
  };
  usageByRelease = async ({
    denom,
    limit,
    model,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    model: number;
    startAfter?: number;
  }): Promise<UsageByReleaseResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      usage_by_release: {
        denom,
        limit,
        model,
        start_after: startAfter
      }
    });
  };
  payers = async ({
    denom,
    limit,
    model,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    model: number;
    startAfter?: string;
  }): Promise<PayersResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      payers: {
        denom,
        limit,
        model,
        start_after: startAfter
      }
    });
  };
  authorUsage = async ({
    author,
    denom,
    limit,
    startAfter
  }: {
    author: string;
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: number;
  }): Promise<AuthorUsageResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      author_usage: {
        author,
        denom,
        limit,
        start_after: startAfter
      }
    });
  };
  attesterUsage = async ({
    attester,
    denom
  }: {
    attester: number;
    denom: UncheckedDenom;
  }): Promise<AttesterUsageResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      attester_usage: {
        attester,
        denom
      }
    });
  };
  operatorUsage = async ({
    denom,
    limit,
    operator,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    operator: string;
    startAfter?: number;
  }): Promise<AttestersUsageResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      operator_usage: {
        denom,
        limit,
        operator,
        start_after: startAfter
      }
    });
  };
  measurementUsage = async ({
    denom,
    limit,
    measurement,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    measurement: HexBinary;
    startAfter?: number;
  }): Promise<AttestersUsageResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      measurement_usage: {
        denom,
        limit,
        measurement,
        start_after: startAfter
      }
    });
  };
  ranking = async ({
    denom,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: RankingPlace;
  }): Promise<RankingResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      ranking: {
        denom,
        limit,
        start_after: startAfter
      }
    });
  };
  lifetimeRanking = async ({
    denom,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: RankingPlace;
  }): Promise<RankingResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      lifetime_ranking: {
        denom,
        limit,
        start_after: startAfter
      }
    });
  };
  rankingAt = async ({
    denom,
    limit,
    operator,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    operator: string;
    startAfter?: RankingPlace;
  }): Promise<RankingAtResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      ranking_at: {
        denom,
        limit,
        operator,
        start_after: startAfter
      }
    });
  };
  hub = async ({
    days,
    denom
  }: {
    days: number;
    denom: UncheckedDenom;
  }): Promise<HubResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      hub: {
        days,
        denom
      }
    });
  };
  hubByDay = async ({
    denom,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: number;
  }): Promise<HubByDayResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      hub_by_day: {
        denom,
        limit,
        start_after: startAfter
      }
    });
  };
  hubWeeks = async ({
    denom,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    limit?: number;
    startAfter?: number;
  }): Promise<HubWeeksResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      hub_weeks: {
        denom,
        limit,
        start_after: startAfter
      }
    });
  };
}
export interface BillingInterface extends BillingReadOnlyInterface {
  contractAddress: string;
  sender: string;
  /**
   * Registers a signing key of the sender, who becomes its operator. Anyone; a key registers once, ever.
   * Evidence is given to the verifier that the sender names (`Attest`); what that finds is the attester's
   * measurement, and its refusal fails the message. Emits `hub_attester_registered`. Returns `AttesterCreated`
   * as data.
   */
  registerAttester: ({
    endpoint,
    evidence,
    key,
    keyType,
    possession
  }: {
    endpoint?: string;
    evidence?: Evidence;
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
   * `BatchResponse` as data. A batch that changes nothing is an error that names the reasons, unless some group
   * of it was settled before: then it succeeds, records nothing and emits nothing.
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
    evidence,
    key,
    keyType,
    possession
  }: {
    endpoint?: string;
    evidence?: Evidence;
    key: Binary;
    keyType: KeyType;
    possession: Binary;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      register_attester: {
        endpoint,
        evidence,
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