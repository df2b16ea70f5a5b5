/**
 * Ordered admission by gas (pitfall 26) over the counters in an executor's control block, in words:
 * whoever executes in order, the serial loop or the holder of the commit lane, asks it for every
 * transaction. Only what is not plainly admitted is judged again in full, for its error.
 */
import {
  CONTROL_BLOB_GAS,
  CONTROL_GAS,
  OUTCOME_BLOB_GAS,
  OUTCOME_EXECUTED,
  OUTCOME_GAS_USED,
  OUTCOME_KIND,
  RECORD_BLOB_GAS,
  RECORD_GAS_LIMIT,
} from '../layout.js';
import { readWords } from '../primitives/words.js';
import type { SharedHeap } from '../state/heap.js';
import {
  type RecordMemory,
  type Rejection,
  transactionOfRecord,
  unpackOutcome,
} from '../transition/transaction/index.js';
import type { BlockEnvironment } from '../vm/vm.js';
import { judge } from './judge.js';

const U64_WORDS = 2;
const WORD = 0x1_0000_0000;

/** A limit as two numbers: the low word, and everything above it, cut where no sum of counters comes. */
class Limit {
  private low = 0;
  private high = 0;

  set(value: bigint): void {
    this.low = Number(value & 0xffff_ffffn);
    const high = value >> 32n;
    this.high = high > 0xff_ffff_ffffn ? 0xff_ffff_ffff : Number(high);
  }

  /** Whether the 64-bit counter at `words[a]` and the amount at `more[b]` together are within the limit. */
  holds(words: Uint32Array, a: number, more: Uint32Array, b: number): boolean {
    const low = (words[a] as number) + (more[b] as number);
    const carry = low >= WORD ? 1 : 0;
    const high = (words[a + 1] as number) + (more[b + 1] as number) + carry;
    return high < this.high || (high === this.high && low - carry * WORD <= this.low);
  }
}

function add(words: Uint32Array, a: number, more: Uint32Array, b: number): void {
  const low = (words[a] as number) + (more[b] as number);
  words[a] = low;
  words[a + 1] = (words[a + 1] as number) + (more[b + 1] as number) + (low >= WORD ? 1 : 0);
}

export class Admission {
  private readonly gas = new Limit();
  private readonly blobGas = new Limit();
  private environment: BlockEnvironment | null = null;
  private maxBlobGas = 0n;

  /** The counters stand in `heap`, the outcomes in `outcomes`. */
  constructor(
    private readonly heap: SharedHeap,
    private readonly outcomes: SharedHeap,
  ) {}

  /** Starts a block. The counters are the caller's to clear, once. */
  open(environment: BlockEnvironment, maxBlobGas: bigint): void {
    this.environment = environment;
    this.maxBlobGas = maxBlobGas;
    this.gas.set(environment.gasLimit);
    this.blobGas.set(maxBlobGas);
  }

  /**
   * Judges the outcome at `outcome` of the transaction whose record stands at `record` of `records`,
   * after everything counted so far; null where it may stand in the block.
   */
  judge(records: RecordMemory, record: number, outcome: number): Rejection | null {
    const { outcomes } = this;
    const words = this.heap.u32;
    if (
      outcomes.u32[outcome + OUTCOME_KIND] === OUTCOME_EXECUTED &&
      this.gas.holds(words, CONTROL_GAS, records.u32, record + RECORD_GAS_LIMIT) &&
      this.blobGas.holds(words, CONTROL_BLOB_GAS, records.u32, record + RECORD_BLOB_GAS)
    ) {
      return null;
    }
    // An outcome that is not executed has a text behind its fixed words, which nobody has mapped.
    outcomes.refresh();
    const found = unpackOutcome(outcomes.u32, outcomes.u8, outcome);
    if (found.kind === 'failed' || this.environment === null) throw new TypeError('a failure is not for judging');
    return judge(
      transactionOfRecord(records.u32, records.u8, record),
      this.environment,
      this.maxBlobGas,
      readWords(words, CONTROL_GAS, U64_WORDS),
      readWords(words, CONTROL_BLOB_GAS, U64_WORDS),
      found,
    );
  }

  /** Counts the executed outcome at `outcome`. */
  count(outcome: number): void {
    const words = this.heap.u32;
    const used = this.outcomes.u32;
    add(words, CONTROL_GAS, used, outcome + OUTCOME_GAS_USED);
    add(words, CONTROL_BLOB_GAS, used, outcome + OUTCOME_BLOB_GAS);
  }

  get gasUsed(): bigint {
    return readWords(this.heap.u32, CONTROL_GAS, U64_WORDS);
  }

  get blobGasUsed(): bigint {
    return readWords(this.heap.u32, CONTROL_BLOB_GAS, U64_WORDS);
  }
}
