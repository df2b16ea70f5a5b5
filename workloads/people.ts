/** Accounts that send and receive: addresses by number, with or without secret keys behind them. */
import { bytesToHex } from '../src/primitives/bytes.js';
import { addressOfSecretKey, keccak256 } from '../src/primitives/crypto.js';
import { mix32 } from './random.js';

/** Secret keys that are wanted of people who have none. */
export class NoKeysError extends Error {
  override readonly name = 'NoKeysError';
  readonly code = 'NO_KEYS';
  constructor() {
    super('the workload has no secret keys; ask for them with the option keys');
  }
}

const GOLDEN = 0x9e3779b1;
const ADDRESS_BYTES = 20;

export class People {
  /** Addresses one after the other: a million arrays of their own would take ten times as much memory. */
  private readonly bytes: Uint8Array;
  private readonly known: Uint8Array;

  constructor(
    private readonly seed: number,
    readonly keys: boolean,
    count: number,
  ) {
    this.bytes = new Uint8Array(ADDRESS_BYTES * count);
    this.known = new Uint8Array(count);
  }

  /** Secret key of person `index`, 32 bytes. Throws {@link NoKeysError}. */
  secret(index: number): Uint8Array {
    if (!this.keys) throw new NoKeysError();
    return keccak256(new TextEncoder().encode(`lockstep workload/${this.seed}/person/${index}`));
  }

  /**
   * Address of person `index`, 20 bytes, to be read only. Without keys it is scattered over the address space as
   * real ones are, so that no hash table is flattered by a sequence.
   */
  address(index: number): Uint8Array {
    const at = ADDRESS_BYTES * index;
    const address = this.bytes.subarray(at, at + ADDRESS_BYTES);
    if (this.known[index] === 0) {
      if (this.keys) address.set(addressOfSecretKey(this.secret(index)));
      else scatter(address, this.seed, index);
      this.known[index] = 1;
    }
    return address;
  }

  hex(index: number): `0x${string}` {
    return bytesToHex(this.address(index));
  }
}

function scatter(address: Uint8Array, seed: number, index: number): void {
  for (let at = 0; at < ADDRESS_BYTES; at += 4) {
    const bits = mix32(mix32(index) ^ mix32(seed) ^ Math.imul(at + 1, GOLDEN));
    address[at] = bits >>> 24;
    address[at + 1] = bits >>> 16;
    address[at + 2] = bits >>> 8;
    address[at + 3] = bits;
  }
}
