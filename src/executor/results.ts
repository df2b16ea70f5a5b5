/**
 * What a block's transactions came to, as the records that the machines wrote. They stay in the
 * executor's heap until that is needed for another block, and are copied out then if anybody still
 * holds them. Receipts, logs and blooms are made of them when somebody looks.
 */
import {
  LOG_ADDRESS,
  LOG_DATA_LENGTH,
  LOG_TOPIC_COUNT,
  LOG_TOPICS,
  OUTCOME_CODE,
  OUTCOME_EXECUTED,
  OUTCOME_GAS_USED,
  OUTCOME_KIND,
  OUTCOME_LOG_COUNT,
  OUTCOME_WORDS,
} from '../layout.js';
import { ADDRESS_WORDS, bytesToWords, equalWords, readWords, U256_WORDS } from '../primitives/words.js';
import type { SharedHeap } from '../state/heap.js';
import { BLOOM_BYTES, combineBlooms, logsBloom } from '../transition/block/receipts.js';
import { logsOfOutcome, unpackOutcome } from '../transition/transaction/index.js';
import type { Receipt, Transaction, TransactionOutcome, TransactionResult } from '../transition/types.js';
import type { Log } from '../vm/vm.js';
import { ExecutorError } from './errors.js';

export class BlockResults {
  /** The executor's heap while the records stand there; null once they have been copied out of it. */
  private heap: SharedHeap | null;
  private words: Uint32Array = new Uint32Array(0);
  private bytes: Uint8Array = new Uint8Array(0);
  private released = false;
  private readonly places: Uint32Array;
  private receiptList: readonly Receipt[] | null = null;
  private outcomeList: readonly TransactionOutcome[] | null = null;

  /** `roots` are the state roots after each transaction where receipts carry one (before Byzantium); else null. */
  constructor(
    private readonly transactions: readonly Transaction[],
    private readonly roots: readonly Uint8Array[] | null,
    heap: SharedHeap,
  ) {
    this.heap = heap;
    this.places = new Uint32Array(transactions.length);
  }

  /** The outcome of transaction `index` stands at `at` of the heap. */
  add(index: number, at: number): void {
    this.places[index] = at;
  }

  /** The outcomes of the transactions from `first` to before `end` stand where `words[at]` says, and each further one's `stride` words on. */
  addAll(first: number, end: number, words: Int32Array, at: number, stride: number): void {
    const { places } = this;
    for (let index = first, word = at; index < end; index++, word += stride) places[index] = words[word] as number;
  }

  /** Copies all records out of the heap, which is about to be used for something else. */
  detach(): void {
    const { heap } = this;
    if (heap === null) return;
    heap.refresh();
    // References stay what they are: the copy is of the heap as it stands.
    const used = Math.min(heap.used, heap.u32.length);
    this.words = heap.u32.slice(0, used);
    this.bytes = new Uint8Array(this.words.buffer);
    this.heap = null;
  }

  /** Nobody will look again: what has not been read yet is given up. */
  release(): void {
    this.released = true;
    this.heap = null;
    this.words = new Uint32Array(0);
    this.bytes = new Uint8Array(0);
  }

  /** Makes every record readable through `words` and `bytes`. */
  private attach(heap: SharedHeap): void {
    // Records may stand in parts of the heap that only other threads have mapped.
    heap.map(heap.used);
    this.words = heap.u32;
    this.bytes = heap.u8;
  }

  /** The memory in which records stand now, those of the block's changes included. */
  get memory(): Uint32Array {
    this.look();
    return this.words;
  }

  private look(): void {
    if (this.released) throw new TypeError('the outcome was released; read what is needed before');
    if (this.heap !== null) this.attach(this.heap);
  }

  get receipts(): readonly Receipt[] {
    this.receiptList ??= this.makeReceipts();
    return this.receiptList;
  }

  get outcomes(): readonly TransactionOutcome[] {
    this.outcomeList ??= this.transactions.map((_, index) => this.outcome(index));
    return this.outcomeList;
  }

  /** Union of the receipts' filters. */
  get logsBloom(): Uint8Array {
    // Most filters of a block of plain transfers are empty.
    return combineBlooms(this.receipts.filter(({ logs }) => logs.length > 0).map((receipt) => receipt.logsBloom));
  }

  /** Logs that the account at `address` wrote, in order. */
  logsOf(address: Uint8Array): Log[] {
    const wanted = new Uint32Array(ADDRESS_WORDS);
    bytesToWords(address, wanted, 0);
    const found: Log[] = [];
    this.look();
    for (const at of this.places) if (this.wroteLog(at, wanted)) found.push(...this.logsFrom(at, address));
    return found;
  }

  private wroteLog(at: number, address: Uint32Array): boolean {
    const { words } = this;
    let log = at + OUTCOME_WORDS;
    for (let left = words[at + OUTCOME_LOG_COUNT] as number; left > 0; left--) {
      if (equalWords(words, log + LOG_ADDRESS, address, 0, ADDRESS_WORDS)) return true;
      const length = words[log + LOG_DATA_LENGTH] as number;
      log += LOG_TOPICS + U256_WORDS * (words[log + LOG_TOPIC_COUNT] as number) + 2 * ((length + 7) >>> 3);
    }
    return false;
  }

  private logsFrom(at: number, address: Uint8Array): Log[] {
    const logs = logsOfOutcome(this.words, this.bytes, at);
    return logs.filter((log) => address.every((byte, i) => log.address[i] === byte));
  }

  /** What transaction `index` came to. Throws {@link ExecutorError} where its machine failed. */
  outcome(index: number): TransactionOutcome {
    this.look();
    return this.outcomeAt(index);
  }

  private outcomeAt(index: number): TransactionOutcome {
    const outcome = unpackOutcome(this.words, this.bytes, this.places[index] as number);
    if (outcome.kind === 'failed') throw new ExecutorError('MACHINE_FAILED', outcome.detail);
    return outcome;
  }

  /** Cumulative gas and order are the block's, not the transaction's (pitfall 29). */
  private makeReceipts(): Receipt[] {
    let cumulativeGasUsed = 0n;
    this.look();
    // One buffer for all blooms: a small buffer of its own costs as much as the rest of a receipt.
    const blooms = new Uint8Array(BLOOM_BYTES * this.transactions.length);
    return this.transactions.map((_, index) => {
      cumulativeGasUsed += this.gasUsed(index);
      const bloom = blooms.subarray(BLOOM_BYTES * index, BLOOM_BYTES * (index + 1));
      return this.receipt(index, cumulativeGasUsed, logsOfOutcome(this.words, this.bytes, this.placeOf(index)), bloom);
    });
  }

  private placeOf(index: number): number {
    return this.places[index] as number;
  }

  private gasUsed(index: number): bigint {
    const at = this.placeOf(index);
    if (this.words[at + OUTCOME_KIND] !== OUTCOME_EXECUTED) {
      throw new TypeError(`transaction ${index} was not executed, so it has no receipt`);
    }
    return readWords(this.words, at + OUTCOME_GAS_USED, 2);
  }

  private receipt(index: number, cumulativeGasUsed: bigint, logs: readonly Log[], bloom: Uint8Array): Receipt {
    const stateRoot = this.roots === null ? null : (this.roots[index] as Uint8Array);
    return {
      type: (this.transactions[index] as Transaction).type,
      status: stateRoot === null ? (this.words[this.placeOf(index) + OUTCOME_CODE] === 1 ? 1 : 0) : null,
      stateRoot,
      cumulativeGasUsed,
      logsBloom: logsBloom(logs, bloom),
      logs,
    };
  }

  /**
   * Results of the transactions from `first` to before `end`, all of them added, for which `gasBefore`
   * is the gas used by those before. Nothing of the answer refers to the heap.
   */
  final(first: number, end: number, gasBefore: bigint): TransactionResult[] {
    this.look();
    let cumulativeGasUsed = gasBefore;
    const blooms = new Uint8Array(BLOOM_BYTES * (end - first));
    const results: TransactionResult[] = [];
    for (let index = first; index < end; index++) {
      cumulativeGasUsed += this.gasUsed(index);
      const outcome = this.outcomeAt(index);
      const logs = outcome.kind === 'executed' ? outcome.logs : [];
      const bloom = blooms.subarray(BLOOM_BYTES * (index - first), BLOOM_BYTES * (index - first + 1));
      results.push({ index, outcome, receipt: this.receipt(index, cumulativeGasUsed, logs, bloom) });
    }
    return results;
  }
}
