/**
 * Generated from schema/escrow.json by 'cargo xtask client'. Do not edit.
 */

import type { SigningCosmWasmClient, ExecuteResult } from "@cosmjs/cosmwasm";
import type { SmartQuerier } from "../querier.js";
import type { Coin, StdFee } from "@cosmjs/amino";
import type { InstantiateMsg, ExecuteMsg, Uint128, Binary, KeyType, HexBinary, Models, UncheckedDenom, NewSession, NewCeiling, VoucherKey, Rates, ModelRef, Cw20ReceiveMsg, QueryMsg, MigrateMsg, Denom, Addr, BalanceResponse, BalancesResponse, ConfigResponse, NullableDenomResponse, DenomResponse, DenomsResponse, SessionState, SessionResponse, Ceiling, LaneResponse, SessionsResponse, SolvencyResponse, SpendResponse, SpendByOperatorResponse, SpentWith, SpendsResponse, FunderSpend, SessionCreated, SkipReason, PayoutResponse, PayoutSent, PayoutSkipped, Cw20HookMsg } from "./Escrow.types.js";
export interface EscrowReadOnlyInterface {
  contractAddress: string;
  /** The billing contract it obeys, and the constants it was born with. */
  config: () => Promise<ConfigResponse>;
  /** What an account has in one denomination; zeros if nothing. */
  balance: ({
    address,
    denom
  }: {
    address: string;
    denom: UncheckedDenom;
  }) => Promise<BalanceResponse>;
  /** What an account has, by denomination number. */
  balances: ({
    address,
    limit,
    startAfter
  }: {
    address: string;
    limit?: number;
    startAfter?: number;
  }) => Promise<BalancesResponse>;
  /** Denominations ever deposited or opted in for, by number. */
  denoms: ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: number;
  }) => Promise<DenomsResponse>;
  /** A denomination, if it was ever deposited or opted in for. */
  denom: ({
    denom
  }: {
    denom: UncheckedDenom;
  }) => Promise<NullableDenomResponse>;
  /** A session with what is left. */
  session: ({
    session
  }: {
    session: number;
  }) => Promise<SessionResponse>;
  /**
   * Sessions that a caller opened for itself, newest first. What others opened for it is in
   * `SessionsFromOthers`, so that nobody pushes a caller's own sessions off its first page.
   */
  sessionsByCaller: ({
    caller,
    limit,
    startAfter
  }: {
    caller: string;
    limit?: number;
    startAfter?: number;
  }) => Promise<SessionsResponse>;
  /** Sessions for an operator, newest first. */
  sessionsByOperator: ({
    limit,
    operator,
    startAfter
  }: {
    limit?: number;
    operator: string;
    startAfter?: number;
  }) => Promise<SessionsResponse>;
  /**
   * Sessions that others opened for a caller, newest first: gifts, which anybody can make. The caller owns them
   * and gets what they leave.
   */
  sessionsFromOthers: ({
    caller,
    limit,
    startAfter
  }: {
    caller: string;
    limit?: number;
    startAfter?: number;
  }) => Promise<SessionsResponse>;
  /**
   * Sessions that a funder paid for and somebody else owns, newest first. Those that it owns itself are in
   * `SessionsByCaller`.
   */
  sessionsForOthers: ({
    funder,
    limit,
    startAfter
  }: {
    funder: string;
    limit?: number;
    startAfter?: number;
  }) => Promise<SessionsResponse>;
  /**
   * What a funder's money was spent on calls, in sessions that were released since, at all operators together.
   * What it spent in the others is in `SessionsByCaller` and `SessionsForOthers`. 3 storage reads.
   */
  spend: ({
    denom,
    funder
  }: {
    denom: UncheckedDenom;
    funder: string;
  }) => Promise<SpendResponse>;
  /** The same with each operator, by canonical address of the operator. `limit` + 3 storage reads. */
  spendByOperator: ({
    denom,
    funder,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    funder: string;
    limit?: number;
    startAfter?: string;
  }) => Promise<SpendByOperatorResponse>;
  /**
   * What several funders' money was spent on calls in sessions that were released since: everything, and with
   * these operators. Funders in the order in which they are named. 3 storage reads and, for each funder, 1 and 1
   * an operator. An error if more than 100 funders or 16 operators are named, if funders × operators is more
   * than 800, or if an operator is named twice.
   */
  spends: ({
    denom,
    funders,
    operators
  }: {
    denom: UncheckedDenom;
    funders: string[];
    operators: string[];
  }) => Promise<SpendsResponse>;
  /** What the escrow holds of a denomination against what it owes. */
  solvency: ({
    denom
  }: {
    denom: UncheckedDenom;
  }) => Promise<SolvencyResponse>;
}
export class EscrowQueryClient implements EscrowReadOnlyInterface {
  client: SmartQuerier;
  contractAddress: string;

  constructor(client: SmartQuerier, contractAddress: string) {
    this.client = client;
    this.contractAddress = contractAddress;
    this.config = this.config.bind(this);
    this.balance = this.balance.bind(this);
    this.balances = this.balances.bind(this);
    this.denoms = this.denoms.bind(this);
    this.denom = this.denom.bind(this);
    this.session = this.session.bind(this);
    this.sessionsByCaller = this.sessionsByCaller.bind(this);
    this.sessionsByOperator = this.sessionsByOperator.bind(this);
    this.sessionsFromOthers = this.sessionsFromOthers.bind(this);
    this.sessionsForOthers = this.sessionsForOthers.bind(this);
    this.spend = this.spend.bind(this);
    this.spendByOperator = this.spendByOperator.bind(this);
    this.spends = this.spends.bind(this);
    this.solvency = this.solvency.bind(this);
  }

  config = async (): Promise<ConfigResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      config: {}
    });
  };
  balance = async ({
    address,
    denom
  }: {
    address: string;
    denom: UncheckedDenom;
  }): Promise<BalanceResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      balance: {
        address,
        denom
      }
    });
  };
  balances = async ({
    address,
    limit,
    startAfter
  }: {
    address: string;
    limit?: number;
    startAfter?: number;
  }): Promise<BalancesResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      balances: {
        address,
        limit,
        start_after: startAfter
      }
    });
  };
  denoms = async ({
    limit,
    startAfter
  }: {
    limit?: number;
    startAfter?: number;
  }): Promise<DenomsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      denoms: {
        limit,
        start_after: startAfter
      }
    });
  };
  denom = async ({
    denom
  }: {
    denom: UncheckedDenom;
  }): Promise<NullableDenomResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      denom: {
        denom
      }
    });
  };
  session = async ({
    session
  }: {
    session: number;
  }): Promise<SessionResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      session: {
        session
      }
    });
  };
  sessionsByCaller = async ({
    caller,
    limit,
    startAfter
  }: {
    caller: string;
    limit?: number;
    startAfter?: number;
  }): Promise<SessionsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      sessions_by_caller: {
        caller,
        limit,
        start_after: startAfter
      }
    });
  };
  sessionsByOperator = async ({
    limit,
    operator,
    startAfter
  }: {
    limit?: number;
    operator: string;
    startAfter?: number;
  }): Promise<SessionsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      sessions_by_operator: {
        limit,
        operator,
        start_after: startAfter
      }
    });
  };
  sessionsFromOthers = async ({
    caller,
    limit,
    startAfter
  }: {
    caller: string;
    limit?: number;
    startAfter?: number;
  }): Promise<SessionsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      sessions_from_others: {
        caller,
        limit,
        start_after: startAfter
      }
    });
  };
  sessionsForOthers = async ({
    funder,
    limit,
    startAfter
  }: {
    funder: string;
    limit?: number;
    startAfter?: number;
  }): Promise<SessionsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      sessions_for_others: {
        funder,
        limit,
        start_after: startAfter
      }
    });
  };
  spend = async ({
    denom,
    funder
  }: {
    denom: UncheckedDenom;
    funder: string;
  }): Promise<SpendResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      spend: {
        denom,
        funder
      }
    });
  };
  spendByOperator = async ({
    denom,
    funder,
    limit,
    startAfter
  }: {
    denom: UncheckedDenom;
    funder: string;
    limit?: number;
    startAfter?: string;
  }): Promise<SpendByOperatorResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      spend_by_operator: {
        denom,
        funder,
        limit,
        start_after: startAfter
      }
    });
  };
  spends = async ({
    denom,
    funders,
    operators
  }: {
    denom: UncheckedDenom;
    funders: string[];
    operators: string[];
  }): Promise<SpendsResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      spends: {
        denom,
        funders,
        operators
      }
    });
  };
  solvency = async ({
    denom
  }: {
    denom: UncheckedDenom;
  }): Promise<SolvencyResponse> => {
    return this.client.queryContractSmart(this.contractAddress, {
      solvency: {
        denom
      }
    });
  };
}
export interface EscrowInterface extends EscrowReadOnlyInterface {
  contractAddress: string;
  sender: string;
  /**
   * Takes one native coin for the sender or a beneficiary, and opens a session with it if asked to. Anyone.
   * Emits `hub_deposited` and, with a session, `hub_session_opened`. Returns `SessionCreated` as data if a
   * session was opened. A session for somebody else is opened with money of this deposit alone.
   */
  deposit: ({
    beneficiary,
    session
  }: {
    beneficiary?: string;
    session?: NewSession;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * The hook of a cw20 token, with a `Cw20HookMsg` inside. Refused unless the token says that the escrow holds
   * what it owes plus this amount. A message that any contract can forge, but only for itself as token.
   */
  receive: ({
    amount,
    msg,
    sender
  }: {
    amount: Uint128;
    msg: Binary;
    sender: string;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /** Sends available balance away. Its owner. Emits `hub_withdrawn`. */
  withdraw: ({
    amount,
    denom,
    recipient
  }: {
    amount?: Uint128;
    denom: UncheckedDenom;
    recipient?: string;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Opens a session with available balance of the sender. Emits `hub_session_opened`. Returns `SessionCreated`
   * as data.
   */
  openSession: ({
    denom,
    session
  }: {
    denom: UncheckedDenom;
    session: NewSession;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Adds available balance to the budget. The caller, while the session is open and if it funded it. Emits
   * `hub_session_topped_up`.
   */
  topUp: ({
    amount,
    session
  }: {
    amount: Uint128;
    session: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /** Ends a session after the grace. The caller, once. Emits `hub_session_closed`. */
  closeSession: ({
    session
  }: {
    session: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Gives what is left to the caller's available balance. The operator from the end on, anyone from the end +
   * `receipt_max_age_seconds` on. Emits `hub_session_released`.
   */
  releaseSession: ({
    session
  }: {
    session: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Raises how much may be charged in all. The caller, for a session with a ceiling. A lower one, or the same,
   * is an error. Emits `hub_ceiling_raised`.
   */
  raiseCeiling: ({
    ceiling,
    session
  }: {
    ceiling: Uint128;
    session: number;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Lets anyone trigger payouts of the sender's available balance to the sender's own address, or stops it.
   * Anyone, before the first deposit in the denomination as well. Emits `hub_auto_payout_set`.
   */
  setAutoPayout: ({
    denom,
    on
  }: {
    denom: UncheckedDenom;
    on: boolean;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Sends the available balance of each account to its own address. Anyone, for accounts that opted in; others
   * are skipped and reported. A transfer that fails is credited back and stops nobody else. Emits `hub_payout`
   * per transfer, `hub_payout_skipped` per account skipped, `hub_payout_failed` per failure. Returns
   * `PayoutResponse` as data.
   */
  payout: ({
    accounts,
    denom
  }: {
    accounts: string[];
    denom: UncheckedDenom;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
  /**
   * Charges sessions and credits accounts. The collector alone, which is believed about who is charged for what.
   * Refused as a whole unless every lane stands where it is said to, no budget or ceiling is exceeded and, per
   * denomination, charges equal credits.
   */
  settle: ({
    books
  }: {
    books: Binary;
  }, fee?: number | StdFee | "auto", memo?: string, _funds?: Coin[]) => Promise<ExecuteResult>;
}
export class EscrowClient extends EscrowQueryClient implements EscrowInterface {
  override client: SigningCosmWasmClient;
  sender: string;
  override contractAddress: string;

  constructor(client: SigningCosmWasmClient, sender: string, contractAddress: string) {
    super(client, contractAddress);
    this.client = client;
    this.sender = sender;
    this.contractAddress = contractAddress;
    this.deposit = this.deposit.bind(this);
    this.receive = this.receive.bind(this);
    this.withdraw = this.withdraw.bind(this);
    this.openSession = this.openSession.bind(this);
    this.topUp = this.topUp.bind(this);
    this.closeSession = this.closeSession.bind(this);
    this.releaseSession = this.releaseSession.bind(this);
    this.raiseCeiling = this.raiseCeiling.bind(this);
    this.setAutoPayout = this.setAutoPayout.bind(this);
    this.payout = this.payout.bind(this);
    this.settle = this.settle.bind(this);
  }

  deposit = async ({
    beneficiary,
    session
  }: {
    beneficiary?: string;
    session?: NewSession;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      deposit: {
        beneficiary,
        session
      }
    }, fee, memo, _funds);
  };
  receive = async ({
    amount,
    msg,
    sender
  }: {
    amount: Uint128;
    msg: Binary;
    sender: string;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      receive: {
        amount,
        msg,
        sender
      }
    }, fee, memo, _funds);
  };
  withdraw = async ({
    amount,
    denom,
    recipient
  }: {
    amount?: Uint128;
    denom: UncheckedDenom;
    recipient?: string;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      withdraw: {
        amount,
        denom,
        recipient
      }
    }, fee, memo, _funds);
  };
  openSession = async ({
    denom,
    session
  }: {
    denom: UncheckedDenom;
    session: NewSession;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      open_session: {
        denom,
        session
      }
    }, fee, memo, _funds);
  };
  topUp = async ({
    amount,
    session
  }: {
    amount: Uint128;
    session: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      top_up: {
        amount,
        session
      }
    }, fee, memo, _funds);
  };
  closeSession = async ({
    session
  }: {
    session: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      close_session: {
        session
      }
    }, fee, memo, _funds);
  };
  releaseSession = async ({
    session
  }: {
    session: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      release_session: {
        session
      }
    }, fee, memo, _funds);
  };
  raiseCeiling = async ({
    ceiling,
    session
  }: {
    ceiling: Uint128;
    session: number;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      raise_ceiling: {
        ceiling,
        session
      }
    }, fee, memo, _funds);
  };
  setAutoPayout = async ({
    denom,
    on
  }: {
    denom: UncheckedDenom;
    on: boolean;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      set_auto_payout: {
        denom,
        on
      }
    }, fee, memo, _funds);
  };
  payout = async ({
    accounts,
    denom
  }: {
    accounts: string[];
    denom: UncheckedDenom;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      payout: {
        accounts,
        denom
      }
    }, fee, memo, _funds);
  };
  settle = async ({
    books
  }: {
    books: Binary;
  }, fee: number | StdFee | "auto" = "auto", memo?: string, _funds?: Coin[]): Promise<ExecuteResult> => {
    return await this.client.execute(this.sender, this.contractAddress, {
      settle: {
        books
      }
    }, fee, memo, _funds);
  };
}