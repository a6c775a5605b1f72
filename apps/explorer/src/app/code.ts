/** Which code a contract runs, and who may change it: two queries of wasmd that hub-client has no need of. */

import { Rpc } from "hub-client/read";

/** The code of a contract. */
export interface Code {
  readonly codeId: number;
  /** Who may migrate it; empty if nobody. */
  readonly admin: string;
  /** SHA-256 of its bytes, hex. */
  readonly checksum: string;
}

/** Asks for the code of a contract (cosmwasm/wasm/v1/query.proto: ContractInfo, Codes). */
export async function codeOf(endpoint: string, address: string): Promise<Code> {
  const rpc = new Rpc(endpoint);
  const info = await ask(rpc, "ContractInfo", tagged(1, new TextEncoder().encode(address)));
  // QueryContractInfoResponse: address 1, contract_info 2; ContractInfo: code_id 1, creator 2, admin 3.
  const contract = fields(bytesOf(fields(info).get(2)));
  const codeId = Number(contract.get(1) ?? 0);
  return { codeId, admin: new TextDecoder().decode(bytesOf(contract.get(3))), checksum: await checksumOf(rpc, codeId) };
}

/** One entry of the list of codes, since wasmd before 0.54 has no query for one code without its bytes. */
async function checksumOf(rpc: Rpc, codeId: number): Promise<string> {
  // QueryCodesRequest: pagination 1; PageRequest: key 1, limit 3. The key is the code's id in eight bytes, the first highest.
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(codeId));
  const codes = await ask(rpc, "Codes", tagged(1, Uint8Array.from([...tagged(1, key), 3 * 8, 1])));
  // QueryCodesResponse: code_infos 1; CodeInfoResponse: code_id 1, creator 2, data_hash 3.
  const code = fields(bytesOf(fields(codes).get(1)));
  if (code.get(1) !== codeId) {
    throw new Error(`the node does not list code ${codeId}`);
  }
  return [...bytesOf(code.get(3))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function ask(rpc: Rpc, name: string, request: Uint8Array): Promise<Uint8Array> {
  const hex = [...request].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const { value, code, log } = await rpc.abciQuery(`/cosmwasm.wasm.v1.Query/${name}`, hex);
  if (code !== 0) {
    throw new Error(log);
  }
  return value;
}

function bytesOf(value: Uint8Array | number | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}

/** The last value of each field of a protobuf message: bytes, or a number. */
export function fields(message: Uint8Array): Map<number, Uint8Array | number> {
  const found = new Map<number, Uint8Array | number>();
  let at = 0;
  const next = (): number => {
    let [value, shift] = [0, 1];
    for (;;) {
      const byte = message[at];
      at += 1;
      if (byte === undefined) {
        throw new Error("the node's answer breaks off");
      }
      value += (byte & 127) * shift;
      shift *= 128;
      if (byte < 128) {
        return value;
      }
    }
  };
  while (at < message.length) {
    const tag = next();
    const [number, kind] = [Math.floor(tag / 8), tag % 8];
    if (kind === 0) {
      found.set(number, next());
    } else if (kind === 2) {
      const length = next();
      found.set(number, message.subarray(at, at + length));
      at += length;
    } else {
      at += kind === 1 ? 8 : 4;
    }
  }
  return found;
}

function tagged(number: number, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([number * 8 + 2, ...varint(bytes.length), ...bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      return [...bytes, rest];
    }
    bytes.push((rest % 128) + 128);
  }
}
