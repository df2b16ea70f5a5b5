/** The parts of a captured block beside the block itself: pre-state, codes, hashes of ancestors, witness. */
import { bytesToHex, EMPTY_BYTES, equalBytes, type Hex } from '../../src/primitives/bytes.js';
import { EMPTY_CODE_HASH, keccak256 } from '../../src/primitives/crypto.js';
import type { AccountState, Allocation } from '../fixtures/cases.js';
import { decodeStorage, setOnce } from '../fixtures/decode-common.js';
import type { Field } from '../fixtures/fields.js';

/** Codes by hash (32-byte hex), each hashed when it is first asked for. */
export class CodeBook {
  private readonly checked = new Map<Hex, Uint8Array>();

  constructor(private readonly file: Field) {}

  /** The code of an account, by its field `code_hash`. Throws `FixtureError` where it is missing or another. */
  code(hash: Field): Uint8Array {
    const wanted = hash.fixed(32);
    if (equalBytes(wanted, EMPTY_CODE_HASH)) return EMPTY_BYTES;
    const name = bytesToHex(wanted);
    const known = this.checked.get(name);
    if (known !== undefined) return known;
    const field = this.file.maybe(name);
    if (field === null) throw hash.error(`codes.json has no code ${name}`);
    const code = field.bytes();
    const actual = keccak256(code);
    if (!equalBytes(actual, wanted)) throw field.error(`the code's hash is ${bytesToHex(actual)}`);
    this.checked.set(name, code);
    return code;
  }
}

function accountFromJson(account: Field, codes: CodeBook): AccountState {
  const codeHash = account.maybe('code_hash');
  return {
    nonce: account.get('nonce').uint(64),
    balance: account.get('balance').uint(256),
    code: codeHash === null ? EMPTY_BYTES : codes.code(codeHash),
    storage: decodeStorage(account),
  };
}

/** `pre_state.json`: the accounts and slots that the block touches, before it. Throws `FixtureError`. */
export function preStateFromJson(file: Field, codes: CodeBook): Allocation {
  const allocation = new Map<Hex, AccountState>();
  for (const [, account] of file.entries()) {
    setOnce(allocation, account.keyAsAddress(), accountFromJson(account, codes), account);
  }
  return allocation;
}

/** `block_hashes.json`: hashes (32 bytes) by block number. Throws `FixtureError`. */
export function blockHashesFromJson(file: Field): ReadonlyMap<bigint, Uint8Array> {
  const hashes = new Map<bigint, Uint8Array>();
  for (const [number, hash] of file.entries()) {
    if (!/^(?:0|[1-9][0-9]*)$/.test(number)) throw hash.error('the key is no block number');
    hashes.set(BigInt(number), hash.fixed(32));
  }
  return hashes;
}

/** The state tries before a block, as far as the block needs them. */
export interface Witness {
  /** Root of the state before the block, 32 bytes. */
  readonly stateRoot: Uint8Array;
  /** RLP of nodes of the state trie and of storage tries, in any order. */
  readonly nodes: readonly Uint8Array[];
}

/** `witness.json`. Throws `FixtureError`. */
export function witnessFromJson(file: Field): Witness {
  return {
    stateRoot: file.get('state_root').fixed(32),
    nodes: file
      .get('nodes')
      .items()
      .map((node) => node.bytes()),
  };
}
