/** What the generated query clients need of a node. */

/** Asks contracts. */
export interface SmartQuerier {
  /** Answer of a contract to a query, parsed. Fails with the contract's sentence. */
  // The generated clients say what it is, as they do with cosmjs' own.
  queryContractSmart(address: string, query: object): Promise<any>;
}
