/**
 * Generated from schema/nitro-verifier.json by 'cargo xtask client'. Do not edit.
 */

/**
 * This is a wrapper around Vec<u8> to add hex de/serialization with serde. It also adds some helper methods to
 * help encode inline.
 *
 * This is similar to `cosmwasm_std::Binary` but uses hex. See also
 * <https://github.com/CosmWasm/cosmwasm/blob/main/docs/MESSAGE_TYPES.md>.
 */
export type HexBinary = string;
/** Names the authority below which enclaves are attested, for good. */
export interface InstantiateMsg {
  /**
   * SHA-256 of the DER of the root certificate that documents must end in; that of AWS Nitro Enclaves
   * (commercial partition, G1) if not given.
   */
  root?: HexBinary | null;
}
/** What every verifier understands. Sending coins along is an error. */
export type ExecuteMsg = {
  /**
   * Checks that `evidence` is about this key and good now. Anyone. Answers with a digest of 32 raw bytes as
   * data, that names what was found: the same for the same finding, such as one enclave image. An error, with a
   * sentence for the operator, if the evidence does not hold.
   */
  attest: {
    /** In the verifier's own form. */
    evidence: Binary;
    /** Compressed SEC1 (33 bytes) or raw ed25519 (32 bytes). */
    key: Binary;
    /** The signature scheme of the key. */
    key_type: KeyType;
  };
};
/**
 * Binary is a wrapper around Vec<u8> to add base64 de/serialization with serde. It also adds some helper methods
 * to help encode inline.
 *
 * This is only needed as serde-json-{core,wasm} has a horrible encoding for Vec<u8>. See also
 * <https://github.com/CosmWasm/cosmwasm/blob/main/docs/MESSAGE_TYPES.md>.
 */
export type Binary = string;
/**
 * Kinds of signing keys.
 * - `secp256k1`: ECDSA over secp256k1: keys are compressed SEC1, signatures compact with low s.
 * - `ed25519`: Ed25519 (RFC 8032).
 */
export type KeyType = "secp256k1" | "ed25519";
/** What the contract answers to a smart query. */
export type QueryMsg = {
  /** What it trusts. */
  config: {};
} | {
  /**
   * What `Attest` would find now, without remembering anything. An error, with the same sentence, if it would
   * refuse.
   */
  verify: {
    /** As in the message. */
    evidence: Binary;
    /** As in the message. */
    key: Binary;
    /** As in the message. */
    key_type: KeyType;
  };
};
/** Nothing to say: a migration keeps everything. */
export interface MigrateMsg {}
/** What it trusts, and for how long. */
export interface ConfigResponse {
  /** Oldest document that is accepted, in seconds. */
  max_age_seconds: number;
  /** How far ahead of the block time a document, or the start of a certificate's validity, may be, in seconds. */
  max_ahead_seconds: number;
  /** SHA-256 of the DER of the root certificate that documents must end in. */
  root: HexBinary;
}
/** What a document proves. */
export interface VerifyResponse {
  /** sha256(PCR0 ‖ PCR1 ‖ PCR2), 32 bytes: what `Attest` answers. */
  digest: HexBinary;
  /** When the hypervisor made the document, unix milliseconds. */
  issued_at_ms: number;
  /** What attesters with this image get, and sessions insist on: this verifier and the digest. */
  measurement: HexBinary;
  /** Certificate authorities that `Attest` would verify and remember: none where the instance is known already. */
  new_authorities: number;
  /** Hash of the enclave image, 48 bytes. */
  pcr0: HexBinary;
  /** Hash of its kernel and boot files, 48 bytes. */
  pcr1: HexBinary;
  /** Hash of its application, 48 bytes. */
  pcr2: HexBinary;
}
/** What messages return as data, for those that return any. */
export interface ExecuteData {
}
