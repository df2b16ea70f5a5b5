/** Whether two executions of one block came to the same result. Nothing is timed before they did. */
import {
  type AccountDiff,
  type BlockOutcome,
  bytesToHex,
  type Log,
  type Receipt,
  type StateDiff,
} from '../src/index.js';

/** Two executors disagree about a block, or a transaction of a benchmark failed. `at` names the first place. */
export class DisagreementError extends Error {
  override readonly name = 'DisagreementError';
  constructor(
    readonly run: string,
    readonly at: string,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`${run}: ${at} is ${found}, expected ${expected}`);
  }
}

type Value = Uint8Array | bigint | number | null | undefined;

const text = (value: Value): string => (value instanceof Uint8Array ? bytesToHex(value) : String(value));

function equal(one: Value, other: Value): boolean {
  if (!(one instanceof Uint8Array && other instanceof Uint8Array)) return one === other;
  return one.length === other.length && Buffer.compare(one, other) === 0;
}

/** Compares field by field; places are put into words only where something differs, since blocks are large. */
class Comparison {
  constructor(private readonly run: string) {}

  outcome(expected: BlockOutcome, found: BlockOutcome): void {
    this.#same(() => 'gasUsed', expected.gasUsed, found.gasUsed);
    this.#same(() => 'blobGasUsed', expected.blobGasUsed, found.blobGasUsed);
    const receipts = found.receipts;
    this.#same(() => 'the number of receipts', expected.receipts.length, receipts.length);
    for (const [index, receipt] of expected.receipts.entries()) {
      this.#receipt(index, receipt, receipts[index] as Receipt);
    }
    this.#same(() => 'logsBloom', expected.logsBloom, found.logsBloom);
    this.#diff(expected.diff, found.diff);
  }

  #receipt(index: number, expected: Receipt, found: Receipt): void {
    const at = (field: string) => () => `receipt ${index} ${field}`;
    this.#same(at('type'), expected.type, found.type);
    this.#same(at('status'), expected.status, found.status);
    this.#same(at('cumulativeGasUsed'), expected.cumulativeGasUsed, found.cumulativeGasUsed);
    this.#same(at('number of logs'), expected.logs.length, found.logs.length);
    for (const [place, log] of expected.logs.entries()) {
      const other = found.logs[place] as Log;
      this.#same(at(`log ${place} address`), log.address, other.address);
      this.#same(at(`log ${place} number of topics`), log.topics.length, other.topics.length);
      for (const [number, topic] of log.topics.entries()) {
        this.#same(at(`log ${place} topic ${number}`), topic, other.topics[number]);
      }
      this.#same(at(`log ${place} data`), log.data, other.data);
    }
    this.#same(at('logsBloom'), expected.logsBloom, found.logsBloom);
  }

  /** Every change of both sides: two executors may find them in different orders. */
  #diff(expected: StateDiff, found: StateDiff): void {
    for (const [address, change] of expected) {
      const other = found.get(address);
      if (other === undefined) throw new DisagreementError(this.run, `account ${address}`, 'changed', 'unchanged');
      this.#account(address, change, other);
    }
    for (const address of found.keys()) {
      if (!expected.has(address)) throw new DisagreementError(this.run, `account ${address}`, 'unchanged', 'changed');
    }
  }

  #account(address: string, expected: AccountDiff, found: AccountDiff): void {
    for (const when of ['before', 'after'] as const) {
      const at = (field: string) => () => `${field} of ${address} ${when} the block`;
      this.#same(at('nonce'), expected[when]?.nonce, found[when]?.nonce);
      this.#same(at('balance'), expected[when]?.balance, found[when]?.balance);
      this.#same(at('changed code'), expected.code?.[when], found.code?.[when]);
    }
    for (const [slot, value] of expected.storage) {
      const other = found.storage.get(slot);
      this.#same(() => `slot ${slot} of ${address} before the block`, value.before, other?.before);
      this.#same(() => `slot ${slot} of ${address} after the block`, value.after, other?.after);
    }
    this.#same(() => `the number of changed slots of ${address}`, expected.storage.size, found.storage.size);
  }

  #same(at: () => string, expected: Value, found: Value): void {
    if (!equal(expected, found)) throw new DisagreementError(this.run, at(), text(expected), text(found));
  }
}

/**
 * Throws {@link DisagreementError} at the first difference of gas, receipts, blooms or state changes;
 * `run` is what produced `found`, in words.
 */
export function mustAgree(run: string, expected: BlockOutcome, found: BlockOutcome): void {
  new Comparison(run).outcome(expected, found);
}

/** Throws {@link DisagreementError} unless every transaction of the block succeeded. */
export function mustSucceed(run: string, outcome: BlockOutcome): void {
  const failed = outcome.receipts.findIndex(({ status }) => status !== 1);
  if (failed < 0) return;
  throw new DisagreementError(run, `receipt ${failed} status`, '1', text(outcome.receipts[failed]?.status));
}
