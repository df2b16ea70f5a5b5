/** Hashes of a block's ancestors, each proved by the header that names it as its parent. */
import { bytesToHex, equalBytes, type Hex } from '../../src/primitives/bytes.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import { headerFromJson } from './block-json.js';
import { CaptureError } from './capture-error.js';
import type { RpcClient } from './rpc.js';
import { callField } from './state-readers.js';

export class Ancestors {
  readonly #known = new Map<Hex, BlockHeader>();
  readonly #hashes = new Map<bigint, Uint8Array>();
  #lowest: BlockHeader;

  /** `header`: the block whose ancestors these are. */
  constructor(
    private readonly rpc: RpcClient,
    header: BlockHeader,
  ) {
    this.#lowest = header;
  }

  /** Headers that need not be asked for. */
  add(headers: readonly BlockHeader[]): void {
    for (const header of headers) this.#known.set(bytesToHex(header.hash), header);
  }

  async parent(): Promise<BlockHeader> {
    const { number } = this.#lowest;
    await this.hash(number - 1n);
    return this.#lowest;
  }

  /** Hash of ancestor `number`, 32 bytes. Throws `CaptureError` and `RpcError`. */
  async hash(number: bigint): Promise<Uint8Array> {
    while (this.#lowest.number > number) {
      const { parentHash } = this.#lowest;
      const header = this.#known.get(bytesToHex(parentHash)) ?? (await this.fetch(parentHash));
      if (header.number !== this.#lowest.number - 1n) {
        throw new CaptureError('INCONSISTENT', `block ${bytesToHex(parentHash)} says it is number ${header.number}`);
      }
      this.#lowest = header;
      this.#hashes.set(header.number, header.hash);
    }
    return this.#hashes.get(number) as Uint8Array;
  }

  private async fetch(hash: Uint8Array): Promise<BlockHeader> {
    const name = bytesToHex(hash);
    const answer = await callField(this.rpc, 'eth_getBlockByHash', [name, false]);
    if (answer.value === null) throw new CaptureError('NO_BLOCK', `${this.rpc.node} does not know block ${name}`);
    const header = headerFromJson(answer);
    if (!equalBytes(header.hash, hash)) {
      const detail = `the header that the node gives for ${name} has the hash ${bytesToHex(header.hash)}`;
      throw new CaptureError('INCONSISTENT', `${this.rpc.node}: ${detail}`);
    }
    return header;
  }
}
