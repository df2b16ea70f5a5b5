/**
 * Ethash, the proof of work before the merge (yellow paper, appendix J), as a light client checks
 * it: from the cache alone. Only suites with `sealEngine: Ethash` ask for it. A cache of an epoch
 * (30,000 blocks) is 16 MB; it is built once per process.
 */
import { RLP } from '@ethereumjs/rlp';
import { keccak_512 } from '@noble/hashes/sha3.js';
import { bytesToBigInt, concatBytes, equalBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import { createEthashModule, type EthashModule, HEAP_START } from './ethash-module.js';

const EPOCH_BLOCKS = 30_000n;
const HASH_BYTES = 64;
const HASH_WORDS = 16;
const MIX_BYTES = 128;
const MIX_WORDS = 32;
const CACHE_ROUNDS = 3;
const ACCESSES = 64;
const FNV_PRIME = 0x01000193;
/** Places of mixHash and nonce in a header: the seal does not cover itself. */
const SEAL_FIELDS = [13, 14];

interface Epoch {
  readonly seed: Uint8Array;
  readonly module: EthashModule;
  /** Rows of 64 bytes in the cache. */
  readonly rows: number;
  /** Pages of 128 bytes in the full dataset. */
  readonly pages: number;
}

const epochs = new Map<number, Epoch>();

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false;
  return true;
}

/** Largest prime number of units of `unit` bytes below a size that grows by the epoch. */
function primeUnits(initial: number, growth: number, epoch: number, unit: number): number {
  let units = (initial + growth * epoch) / unit - 1;
  while (!isPrime(units)) units -= 2;
  return units;
}

function fnv(a: number, b: number): number {
  return (Math.imul(a, FNV_PRIME) ^ b) >>> 0;
}

/** A typed array over `bytes` as little-endian words, whatever the machine's own order. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

function bytesOf(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return bytes;
}

/** Bytes of a page before the cache in the module's memory. */
const PAGE = HEAP_START;
const CACHE = HEAP_START + MIX_BYTES;

/** RandMemoHash over a sequence of hashes (appendix J.3.2). */
function buildEpoch(index: number): Epoch {
  let seed: Uint8Array = new Uint8Array(32);
  for (let i = 0; i < index; i++) seed = keccak256(seed);
  const rows = primeUnits(2 ** 24, 2 ** 17, index, HASH_BYTES);
  const module = createEthashModule(MIX_BYTES + rows * HASH_BYTES);
  new Uint8Array(module.memory.buffer).set(keccak_512(seed), CACHE);
  module.fill(CACHE, rows);
  for (let round = 0; round < CACHE_ROUNDS; round++) module.mix(CACHE, rows);
  return { seed, module, rows, pages: primeUnits(2 ** 30, 2 ** 23, index, MIX_BYTES) };
}

function epochOf(number: bigint): Epoch {
  const index = Number(number / EPOCH_BLOCKS);
  let epoch = epochs.get(index);
  if (epoch === undefined) {
    epoch = buildEpoch(index);
    epochs.set(index, epoch);
  }
  return epoch;
}

/** What the blocks of an epoch share. */
export interface EthashEpoch {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** Keccak-256 of the cache, 32 bytes. */
  readonly cacheHash: Uint8Array;
  readonly cacheBytes: number;
  /** Of the full dataset, which is never built here. */
  readonly datasetBytes: number;
}

/** The epoch of a block number (appendix J.2 and J.3). */
export function ethashEpoch(number: bigint): EthashEpoch {
  const { seed, module, rows, pages } = epochOf(number);
  const cacheBytes = rows * HASH_BYTES;
  const cacheHash = keccak256(new Uint8Array(module.memory.buffer, CACHE, cacheBytes));
  return { seed, cacheHash, cacheBytes, datasetBytes: pages * MIX_BYTES };
}

/** What the seal of a header must show (appendix J.4), 32 bytes each. */
export interface EthashProof {
  readonly mixHash: Uint8Array;
  /** As an integer it must not exceed 2^256 / difficulty. */
  readonly result: Uint8Array;
}

/** Proof for the hash of a header without its seal (32 bytes) and a nonce (8 bytes) at a block number. */
export function ethash(number: bigint, headerHash: Uint8Array, nonce: Uint8Array): EthashProof {
  const { module, rows, pages } = epochOf(number);
  const seedBytes = keccak_512(concatBytes(headerHash, Uint8Array.from(nonce).reverse()));
  const seed = wordsOf(seedBytes);
  const mix = new Uint32Array(MIX_WORDS);
  mix.set(seed, 0);
  mix.set(seed, HASH_WORDS);
  const page = new DataView(module.memory.buffer, PAGE, MIX_BYTES);
  for (let i = 0; i < ACCESSES; i++) {
    const index = fnv(i ^ (seed[0] as number), mix[i % MIX_WORDS] as number) % pages;
    module.item(CACHE, rows, 2 * index, PAGE);
    module.item(CACHE, rows, 2 * index + 1, PAGE + HASH_BYTES);
    for (let j = 0; j < MIX_WORDS; j++) mix[j] = fnv(mix[j] as number, page.getUint32(4 * j, true));
  }
  const short = new Uint32Array(MIX_WORDS / 4);
  for (let i = 0; i < short.length; i++) {
    const at = 4 * i;
    const pair = fnv(fnv(mix[at] as number, mix[at + 1] as number), mix[at + 2] as number);
    short[i] = fnv(pair, mix[at + 3] as number);
  }
  const mixHash = bytesOf(short);
  return { mixHash, result: keccak256(concatBytes(seedBytes, mixHash)) };
}

/** Hash of a header without its seal, 32 bytes: what its proof of work is about. */
export function sealHash(header: BlockHeader): Uint8Array {
  return keccak256(RLP.encode(header.fields.filter((_, index) => !SEAL_FIELDS.includes(index))));
}

/** True where the header's mixHash and nonce are proof of its difficulty. */
export function verifyEthash(header: BlockHeader): boolean {
  const proof = ethash(header.number, sealHash(header), header.nonce);
  return equalBytes(proof.mixHash, header.mixHash) && bytesToBigInt(proof.result) * header.difficulty <= 1n << 256n;
}
