/**
 * Generated from schema/registry.json by 'cargo xtask client'. Do not edit.
 */

import type { SigningCosmWasmClient, ExecuteResult } from "@cosmjs/cosmwasm";
import type { SmartQuerier } from "../querier.js";
import type { Coin, StdFee } from "@cosmjs/amino";
import type { InstantiateMsg, ExecuteMsg, HexBinary, UncheckedDenom, Uint128, StatusName, Uint64, Binary, Metadata, NewRelease, UncheckedTerms, UncheckedPayee, UncheckedPrice, StorageCertificate, CommitteeMember, QueryMsg, ClaimCursor, Topic, SymbolProof, MigrateMsg, Addr, ClaimsResponse, ClaimResponse, NullableReleaseRef, ReleaseRef, CommitmentResponse, CommitteeMembersResponse, CommitteesResponse, CommitteeResponse, ConfigResponse, Status, ModelResponse, ModelCountsResponse, ModelIdsResponse, Denom, ModelsResponse, ModelSummary, Price, ReleaseResponse, DeletableCertificate, PermanentCertificate, ReleasesResponse, TopicsResponse, Validity, TermsResponse, Payee, TermsListResponse, SymbolResponse, ByteRange, WalrusKeeperResponse, TermsCreated, ReleaseCreated, ModelCreated } from "./Registry.types.js";
export interface RegistryReadOnlyInterface {
  contractAddress: string;
  /** The constants it was born with. */
  config: () => Promise<ConfigResponse>;
  /** A model by id. */
  model: ({
    model
  }: {
    model: number;
  }) => Promise<ModelResponse>;
  /** The model that carries, or once carried, `name` under `author`. */
  modelByName: ({
    author,
    name
  }: {
    author: string;
    name: string;
  }) => Promise<ModelResponse>;
  /** Who published a blob id, by (claim time, model, release). */
  byBlob: ({
    blobId,
    limit,
    startAfter
  }: {
    blobId: string;
    limit?: number;
    startAfter?: ClaimCursor;
  }) => Promise<ClaimsResponse>;
  /** The release under which `publisher` published a blob id; the answer never changes. */
  byPublisherAndBlob: ({
    blobId,
    publisher
  }: {
    blobId: string;
    publisher: string;
  }) => Promise<NullableReleaseRef>;
  /** Active models, newest first. */
  models: ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: number;
  }) => Promise<ModelsResponse>;
  /** Models by id, in the order of the ids, which may repeat: 100 at most. Fails if one of them does not exist. */
  modelsByIds: ({
    ids
  }: {
    ids: number[];
  }) => Promise<ModelsResponse>;
  /** All models of an author, of any status, newest first. */
  modelsByAuthor: ({
    author,
    limit,
    startAfter
  }: {
    author: string;
    limit?: number;
    startAfter?: number;
  }) => Promise<ModelsResponse>;
  /**
   * Ids of all models of an author, of any status, by id: `ModelsByAuthor` for contracts that need no more.
   * `limit` + 1 storage reads.
   */
  modelIdsByAuthor: ({
    author,
    limit,
    startAfter
  }: {
    author: string;
    limit?: number;
    startAfter?: number;
  }) => Promise<ModelIdsResponse>;
  /**
   * How many models were registered up to the end of each of these days, 100 at most; for the present day and
   * later ones: so far. Days are whole days since 1970-01-01 by block time. 2 storage reads per day and 1 more.
   */
  modelCounts: ({
    days
  }: {
    days: number[];
  }) => Promise<ModelCountsResponse>;
  /** Active models that carry a tag, newest first. */
  modelsByTag: ({
    limit,
    startAfter,
    tag
  }: {
    limit?: number;
    startAfter?: number;
    tag: string;
  }) => Promise<ModelsResponse>;
  /** Active models for a task, newest first. */
  modelsByTask: ({
    limit,
    startAfter,
    task
  }: {
    limit?: number;
    startAfter?: number;
    task: string;
  }) => Promise<ModelsResponse>;
  /**
   * Tags of active models with the number of models that carry them: the most carried first, and those of one
   * number backwards by name.
   */
  tags: ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: Topic;
  }) => Promise<TopicsResponse>;
  /** Tasks of active models, in the form of `Tags`. */
  tasks: ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: Topic;
  }) => Promise<TopicsResponse>;
  /** One release of a model. */
  release: ({
    model,
    release
  }: {
    model: number;
    release: number;
  }) => Promise<ReleaseResponse>;
  /** Releases of a model, newest first. */
  releases: ({
    limit,
    model,
    startAfter
  }: {
    limit?: number;
    model: number;
    startAfter?: number;
  }) => Promise<ReleasesResponse>;
  /** One set of terms. */
  terms: ({
    model,
    terms
  }: {
    model: number;
    terms: number;
  }) => Promise<TermsResponse>;
  /** All sets of terms of a model, newest first. */
  termsList: ({
    limit,
    model,
    startAfter
  }: {
    limit?: number;
    model: number;
    startAfter?: number;
  }) => Promise<TermsListResponse>;
  /**
   * Terms chargeable for a receipt issued at a time; the latest first, and during a grace the ones before as
   * well. At most 100 are returned.
   */
  termsAt: ({
    model,
    time
  }: {
    model: number;
    time?: number;
  }) => Promise<TermsListResponse>;
  /** When a hash was committed. */
  commitment: ({
    hash
  }: {
    hash: HexBinary;
  }) => Promise<CommitmentResponse>;
  /**
   * Where in a release's blob these bytes lie: a symbol of its encoding over 1 000 shards, tied to the blob id
   * by hashes alone. An error says what does not hold. It shows what the encoder committed to; that the encoder
   * was honest is what a storage certificate shows. 1 storage read and 23 hashes, one of them over the symbol.
   */
  verifySymbol: ({
    model,
    proof,
    release,
    size,
    symbol
  }: {
    model: number;
    proof: SymbolProof;
    release: number;
    size: Uint64;
    symbol: Binary;
  }) => Promise<SymbolResponse>;
  /** Who stores Walrus committees. */
  walrusKeeper: () => Promise<WalrusKeeperResponse>;
  /** The Walrus committees that certificates are checked against: at most two, the latest first. */
  committees: () => Promise<CommitteesResponse>;
  /** Members of a committee that is kept, in the order that bitmaps follow. */
  committeeMembers: ({
    epoch,
    limit,
    startAfter
  }: {
    epoch: number;
    limit?: number;
    startAfter?: number;
  }) => Promise<CommitteeMembersResponse>;
}
export class RegistryQueryClient implements RegistryReadOnlyInterface {
  client: SmartQuerier;
  contractAddress: string;

  constructor(client: SmartQuerier, contractAddress: string) {
    this.client = client;
    this.contractAddress = contractAddress;
    this.config = this.config.bind(this);
    this.model = this.model.bind(this);
    this.modelByName = this.modelByName.bind(this);
    this.byBlob = this.byBlob.bind(this);
    this.byPublisherAndBlob = this.byPublisherAndBlob.bind(this);
    this.models = this.models.bind(this);
    this.modelsByIds = this.modelsByIds.bind(this);
    this.modelsByAuthor = this.modelsByAuthor.bind(this);
    this.modelIdsByAuthor = this.modelIdsByAuthor.bind(this);
    this.modelCounts = this.modelCounts.bind(this);
    this.modelsByTag = this.modelsByTag.bind(this);
    this.modelsByTask = this.modelsByTask.bind(this);
    this.tags = this.tags.bind(this);
    this.tasks = this.tasks.bind(this);
    this.release = this.release.bind(this);
    this.releases = this.releases.bind(this);
    this.terms = this.terms.bind(this);
    this.termsList = this.termsList.bind(this);
    this.termsAt = this.termsAt.bind(this);
    this.commitment = this.commitment.bind(this);
    this.verifySymbol = this.verifySymbol.bind(this);
    this.walrusKeeper = this.walrusKeeper.bind(this);
    this.committees = this.committees.bind(this);
    this.committeeMembers = this.committeeMembers.bind(this);
  }

  config = async (): Promise<ConfigResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      config: {}
    });
  };
  model = async ({
    model
  }: {
    model: number;
  }): Promise<ModelResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      model: {
        model
      }
    });
  };
  modelByName = async ({
    author,
    name
  }: {
    author: string;
    name: string;
  }): Promise<ModelResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      model_by_name: {
        author,
        name
      }
    });
  };
  byBlob = async ({
    blobId,
    limit,
    startAfter
  }: {
    blobId: string;
    limit?: number;
    startAfter?: ClaimCursor;
  }): Promise<ClaimsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      by_blob: {
        blob_id: blobId,
        limit,
        start_after: startAfter
      }
    });
  };
  byPublisherAndBlob = async ({
    blobId,
    publisher
  }: {
    blobId: string;
    publisher: string;
  }): Promise<NullableReleaseRef> => {
    return this.client.queryContractSmart(this.contractAddress, {
      by_publisher_and_blob: {
        blob_id: blobId,
        publisher
      }
    });
  };
  models = async ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: number;
  }): Promise<ModelsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      models: {
        limit,
        start_after: startAfter
      }
    });
  };
  modelsByIds = async ({
    ids
  }: {
    ids: number[];
  }): Promise<ModelsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      models_by_ids: {
        ids
      }
    });
  };
  modelsByAuthor = async ({
    author,
    limit,
    startAfter
  }: {
    author: string;
    limit?: number;
    startAfter?: number;
  }): Promise<ModelsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      models_by_author: {
        author,
        limit,
        start_after: startAfter
      }
    });
  };
  modelIdsByAuthor = async ({
    author,
    limit,
    startAfter
  }: {
    author: string;
    limit?: number;
    startAfter?: number;
  }): Promise<ModelIdsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      model_ids_by_author: {
        author,
        limit,
        start_after: startAfter
      }
    });
  };
  modelCounts = async ({
    days
  }: {
    days: number[];
  }): Promise<ModelCountsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      model_counts: {
        days
      }
    });
  };
  modelsByTag = async ({
    limit,
    startAfter,
    tag
  }: {
    limit?: number;
    startAfter?: number;
    tag: string;
  }): Promise<ModelsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      models_by_tag: {
        limit,
        start_after: startAfter,
        tag
      }
    });
  };
  modelsByTask = async ({
    limit,
    startAfter,
    task
  }: {
    limit?: number;
    startAfter?: number;
    task: string;
  }): Promise<ModelsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      models_by_task: {
        limit,
        start_after: startAfter,
        task
      }
    });
  };
  tags = async ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: Topic;
  }): Promise<TopicsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      tags: {
        limit,
        start_after: startAfter
      }
    });
  };
  tasks = async ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: Topic;
  }): Promise<TopicsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      tasks: {
        limit,
        start_after: startAfter
      }
    });
  };
  release = async ({
    model,
    release
  }: {
    model: number;
    release: number;
  }): Promise<ReleaseResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      release: {
        model,
        release
      }
    });
  };
  releases = async ({
    limit,
    model,
    startAfter
  }: {
    limit?: number;
    model: number;
    startAfter?: number;
  }): Promise<ReleasesResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      releases: {
        limit,
        model,
        start_after: startAfter
      }
    });
  };
  terms = async ({
    model,
    terms
  }: {
    model: number;
    terms: number;
  }): Promise<TermsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      terms: {
        model,
        terms
      }
    });
  };
  termsList = async ({
    limit,
    model,
    startAfter
  }: {
    limit?: number;
    model: number;
    startAfter?: number;
  }): Promise<TermsListResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      terms_list: {
        limit,
        model,
        start_after: startAfter
      }
    });
  };
  termsAt = async ({
    model,
    time
  }: {
    model: number;
    time?: number;
  }): Promise<TermsListResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      terms_at: {
        model,
        time
      }
    });
  };
  commitment = async ({
    hash
  }: {
    hash: HexBinary;
  }): Promise<CommitmentResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      commitment: {
        hash
      }
    });
  };
  verifySymbol = async ({
    model,
    proof,
    release,
    size,
    symbol
  }: {
    model: number;
    proof: SymbolProof;
    release: number;
    size: Uint64;
    symbol: Binary;
  }): Promise<SymbolResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      verify_symbol: {
        model,
        proof,
        release,
        size,
        symbol
      }
    });
  };
  walrusKeeper = async (): Promise<WalrusKeeperResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      walrus_keeper: {}
    });
  };
  committees = async (): Promise<CommitteesResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      committees: {}
    });
  };
  committeeMembers = async ({
    epoch,
    limit,
    startAfter
  }: {
    epoch: number;
    limit?: number;
    startAfter?: number;
  }): Promise<CommitteeMembersResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      committee_members: {
        epoch,
        limit,
        start_after: startAfter
      }
    });
  };
}
export interface RegistryInterface extends RegistryReadOnlyInterface {
  contractAddress: string;
  sender: string;
  /**
   * Registers a model of the sender, active, with terms 1 in force at once, and for receipts issued in the grace
   * before, for attesters whose clocks are slow. Anyone. Emits `hub_model_registered`, `hub_terms_set` and, with
   * a release, `hub_release_published`. Returns `ModelCreated` as data. Fails if the sender ever had a model of
   * that name.
   */
  registerModel: ({
    metadata,
    name,
    release,
    terms
  }: {
    metadata: Metadata;
    name: string;
    release?: NewRelease;
    terms: UncheckedTerms;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /** Replaces the metadata of a model. Its author. Emits `hub_metadata_updated`. */
  updateMetadata: ({
    metadata,
    model
  }: {
    metadata: Metadata;
    model: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Appends a release to a model. Its author. Emits `hub_release_published`. Returns `ReleaseCreated` as data.
   * Fails if the label does not ascend, if the sender published that blob id before, or if a salt reveals no
   * commitment.
   */
  publishRelease: ({
    model,
    release
  }: {
    model: number;
    release: NewRelease;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Sets new terms. The author. A rise of any component, or another denomination, takes effect after
   * `price_notice_seconds` and may be replaced until shortly before; anything else takes effect at once, and the
   * terms before stay chargeable for the grace. Emits `hub_terms_set`. Returns `TermsCreated` as data.
   */
  setTerms: ({
    model,
    terms
  }: {
    model: number;
    terms: UncheckedTerms;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Changes the status. The author. Retiring sets a cutoff after the grace; a retired model can be made active
   * or delisted again from cutoff + `receipt_max_age_seconds` on. Repeating a status is an error. Emits
   * `hub_status_set`.
   */
  setStatus: ({
    model,
    status
  }: {
    model: number;
    status: StatusName;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /** Offers a model to another account, in place of any earlier offer. The author. Emits `hub_transfer_offered`. */
  offerTransfer: ({
    model,
    to
  }: {
    model: number;
    to: string;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /** Takes an offer back. The author. Emits `hub_transfer_cancelled`. */
  cancelTransfer: ({
    model
  }: {
    model: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Makes the sender the author. Whom the model was offered to. Pending terms are dropped; the present price and
   * operator share go on with the payees given. Fails if other terms are in force than expected, if the model is
   * retired, or if the sender has another model of the name. Emits `hub_transfer_accepted` and `hub_terms_set`.
   * Returns `TermsCreated` as data.
   */
  acceptTransfer: ({
    expectedTerms,
    model,
    name,
    payees
  }: {
    expectedTerms: number;
    model: number;
    name?: string;
    payees: UncheckedPayee[];
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Records that the sender of the transaction knew what the hash hides. Anyone. The first time counts; a
   * repetition succeeds and changes nothing. See `commit_hash`. Emits `hub_committed` the first time.
   */
  commit: ({
    hash
  }: {
    hash: HexBinary;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Shows that a release's blob has a certain length: its id must follow from length and root hash. The model's
   * author, once per release. Emits `hub_size_proven`.
   */
  proveSize: ({
    model,
    release,
    rootHash,
    size
  }: {
    model: number;
    release: number;
    rootHash: HexBinary;
    size: Uint64;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Shows on a release that a Walrus committee stored its blob in an epoch; not until when. Anyone. The
   * committee is one of the two that are kept. A permanent and a deletable blob are certified side by side. Each
   * certificate shown gives way to one of a later epoch, and a stranger's also to the author's of the same
   * epoch. Emits `hub_release_certified`. Fails if the committee is not kept, if the certificate shown does not
   * give way, or if the one given does not hold.
   */
  certify: ({
    certificate,
    model,
    release
  }: {
    certificate: StorageCertificate;
    model: number;
    release: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Stores the Walrus committee of an epoch. The keeper. Two are kept, the latest and the one before: a later
   * epoch pushes the earlier of them out, anything above the earlier takes the place of the latest, to correct
   * it. Emits `hub_committee_set`. Fails if a key is no point of G1 or stands twice, or if the weights are not
   * `n_shards`.
   *
   * The keeper answers for the members: that they are those of Walrus, each with a proof of possession of its
   * key.
   */
  setCommittee: ({
    epoch,
    members,
    nShards
  }: {
    epoch: number;
    members: CommitteeMember[];
    nShards: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Offers the keeper's role to another account, in place of any earlier offer. The keeper. Emits
   * `hub_keeper_offered`.
   */
  offerKeeperRole: ({
    to
  }: {
    to: string;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /** Takes the offer back. The keeper. Emits `hub_keeper_offer_cancelled`. */
  cancelKeeperOffer: (fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /** Makes the sender the keeper. Whom the role was offered to. Emits `hub_keeper_changed`. */
  acceptKeeperRole: (fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
}
export class RegistryClient extends RegistryQueryClient implements RegistryInterface {
  override client: SigningCosmWasmClient;
  sender: string;
  override contractAddress: string;

  constructor(client: SigningCosmWasmClient, sender: string, contractAddress: string) {
    super(client, contractAddress);
    this.client = client;
    this.sender = sender;
    this.contractAddress = contractAddress;
    this.registerModel = this.registerModel.bind(this);
    this.updateMetadata = this.updateMetadata.bind(this);
    this.publishRelease = this.publishRelease.bind(this);
    this.setTerms = this.setTerms.bind(this);
    this.setStatus = this.setStatus.bind(this);
    this.offerTransfer = this.offerTransfer.bind(this);
    this.cancelTransfer = this.cancelTransfer.bind(this);
    this.acceptTransfer = this.acceptTransfer.bind(this);
    this.commit = this.commit.bind(this);
    this.proveSize = this.proveSize.bind(this);
    this.certify = this.certify.bind(this);
    this.setCommittee = this.setCommittee.bind(this);
    this.offerKeeperRole = this.offerKeeperRole.bind(this);
    this.cancelKeeperOffer = this.cancelKeeperOffer.bind(this);
    this.acceptKeeperRole = this.acceptKeeperRole.bind(this);
  }

  registerModel = async ({
    metadata,
    name,
    release,
    terms
  }: {
    metadata: Metadata;
    name: string;
    release?: NewRelease;
    terms: UncheckedTerms;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      register_model: {
        metadata,
        name,
        release,
        terms
      }
    }, fee, memo, _funds);
  };
  updateMetadata = async ({
    metadata,
    model
  }: {
    metadata: Metadata;
    model: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      update_metadata: {
        metadata,
        model
      }
    }, fee, memo, _funds);
  };
  publishRelease = async ({
    model,
    release
  }: {
    model: number;
    release: NewRelease;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      publish_release: {
        model,
        release
      }
    }, fee, memo, _funds);
  };
  setTerms = async ({
    model,
    terms
  }: {
    model: number;
    terms: UncheckedTerms;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      set_terms: {
        model,
        terms
      }
    }, fee, memo, _funds);
  };
  setStatus = async ({
    model,
    status
  }: {
    model: number;
    status: StatusName;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      set_status: {
        model,
        status
      }
    }, fee, memo, _funds);
  };
  offerTransfer = async ({
    model,
    to
  }: {
    model: number;
    to: string;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      offer_transfer: {
        model,
        to
      }
    }, fee, memo, _funds);
  };
  cancelTransfer = async ({
    model
  }: {
    model: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      cancel_transfer: {
        model
      }
    }, fee, memo, _funds);
  };
  acceptTransfer = async ({
    expectedTerms,
    model,
    name,
    payees
  }: {
    expectedTerms: number;
    model: number;
    name?: string;
    payees: UncheckedPayee[];
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      accept_transfer: {
        expected_terms: expectedTerms,
        model,
        name,
        payees
      }
    }, fee, memo, _funds);
  };
  commit = async ({
    hash
  }: {
    hash: HexBinary;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      commit: {
        hash
      }
    }, fee, memo, _funds);
  };
  proveSize = async ({
    model,
    release,
    rootHash,
    size
  }: {
    model: number;
    release: number;
    rootHash: HexBinary;
    size: Uint64;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      prove_size: {
        model,
        release,
        root_hash: rootHash,
        size
      }
    }, fee, memo, _funds);
  };
  certify = async ({
    certificate,
    model,
    release
  }: {
    certificate: StorageCertificate;
    model: number;
    release: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      certify: {
        certificate,
        model,
        release
      }
    }, fee, memo, _funds);
  };
  setCommittee = async ({
    epoch,
    members,
    nShards
  }: {
    epoch: number;
    members: CommitteeMember[];
    nShards: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      set_committee: {
        epoch,
        members,
        n_shards: nShards
      }
    }, fee, memo, _funds);
  };
  offerKeeperRole = async ({
    to
  }: {
    to: string;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      offer_keeper_role: {
        to
      }
    }, fee, memo, _funds);
  };
  cancelKeeperOffer = async (fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      cancel_keeper_offer: {}
    }, fee, memo, _funds);
  };
  acceptKeeperRole = async (fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      accept_keeper_role: {}
    }, fee, memo, _funds);
  };
}