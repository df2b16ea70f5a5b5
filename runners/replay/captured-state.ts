/** The state before a block as it is gathered from a node, and as `pre_state.json` writes it. */
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { EMPTY_CODE_HASH, keccak256 } from '../../src/primitives/crypto.js';

export interface CapturedAccount {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly codeHash: Hex;
  /** Slots (32-byte hex) that are not zero. */
  readonly storage: ReadonlyMap<Hex, bigint>;
}

const NO_CODE = bytesToHex(EMPTY_CODE_HASH);

export interface CapturedState {
  /** Accounts that exist, by address. */
  readonly accounts: ReadonlyMap<Hex, CapturedAccount>;
  /** Codes of these accounts by hash. */
  readonly codes: ReadonlyMap<Hex, Uint8Array>;
  /** Nodes of the tries, all proved; empty where the node proves nothing. */
  readonly nodes: readonly Uint8Array[];
  /** Where it comes from, and what proves it, in words. */
  readonly origin: string;
  /** Null where each value was proved; otherwise why not. */
  readonly unproved: string | null;
}

export class CodeCollection {
  readonly byHash = new Map<Hex, Uint8Array>();

  /** Adds a code and answers its hash. */
  add(code: Uint8Array): Hex {
    if (code.length === 0) return NO_CODE;
    const hash = bytesToHex(keccak256(code));
    this.byHash.set(hash, code);
    return hash;
  }

  lacks(hash: Hex): boolean {
    return hash !== NO_CODE && !this.byHash.has(hash);
  }
}

function quantity(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

function sorted<T>(map: ReadonlyMap<Hex, T>): [Hex, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Content of `pre_state.json`. */
export function preStateJson(accounts: CapturedState['accounts']): Record<Hex, unknown> {
  return Object.fromEntries(
    sorted(accounts).map(([address, { nonce, balance, codeHash, storage }]) => [
      address,
      {
        balance: quantity(balance),
        nonce: nonce <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(nonce) : quantity(nonce),
        ...(codeHash === NO_CODE ? {} : { code_hash: codeHash }),
        storage: Object.fromEntries(sorted(storage).map(([slot, value]) => [slot, quantity(value)])),
      },
    ]),
  );
}

/** Content of `codes.json`. */
export function codesJson(codes: CapturedState['codes']): Record<Hex, Hex> {
  return Object.fromEntries(sorted(codes).map(([hash, code]) => [hash, bytesToHex(code)]));
}

/** Hash under which a trie files an address or a slot. */
export function hashedKey(key: Hex): Uint8Array {
  return keccak256(hexToBytes(key));
}
