/**
 * Serial against parallel: every field of the outcome, in both directions. The serial result is
 * the expected side. A transaction's `deferredFee` is left out: it says how a fee was booked, and
 * the serial executor books all of them at once.
 */
import { bytesToHex, equalBytes } from '../../src/primitives/bytes.js';
import type { AccountDiff, StateDiff } from '../../src/state/diff.js';
import type { BlockOutcome, ExecutionResult, Receipt, TransactionOutcome } from '../../src/transition/types.js';
import type { Log } from '../../src/vm/vm.js';
import type { Difference } from './verdict.js';

/** How many differences of one comparison are kept in full; the rest is counted. */
export const DIFFERENCE_LIMIT = 20;

export interface Comparison {
  /** At most {@link DIFFERENCE_LIMIT}; the last one says how many more there are. */
  readonly differences: readonly Difference[];
  /** Index of the first transaction whose receipt or outcome differs. */
  readonly transaction: number | null;
}

/** Null where the two results are equal in every field. */
export function compareResults(serial: ExecutionResult, parallel: ExecutionResult): Comparison | null {
  const found = new Collector();
  if (serial.ok && parallel.ok) compareOutcomes(found, serial, parallel);
  else if (!serial.ok && !parallel.ok) {
    found.values('error.code', serial.error.code, parallel.error.code, serial.error.transactionIndex);
    found.values(
      'error.transactionIndex',
      text(serial.error.transactionIndex),
      text(parallel.error.transactionIndex),
      lower(serial.error.transactionIndex, parallel.error.transactionIndex),
    );
  } else {
    const index = serial.ok ? (parallel.ok ? null : parallel.error.transactionIndex) : serial.error.transactionIndex;
    found.add('block', describeResult(serial), describeResult(parallel), index);
  }
  return found.comparison();
}

/**
 * What a comparison is clustered by: places without indexes, addresses or amounts, so that one
 * fault shows once however many cases it breaks.
 */
export function causeOf(difference: Difference): string {
  return difference.what.replace(/\[\d+\]/g, '[]').replace(/0x[0-9a-f]+/g, '0x…');
}

class Collector {
  private readonly differences: Difference[] = [];
  private more = 0;
  private transaction: number | null = null;

  add(what: string, expected: string, actual: string, transaction: number | null = null): void {
    if (this.differences.length < DIFFERENCE_LIMIT) this.differences.push({ what, expected, actual });
    else this.more++;
    this.transaction = lower(this.transaction, transaction);
  }

  values(what: string, expected: string, actual: string, transaction: number | null = null): void {
    if (expected !== actual) this.add(what, expected, actual, transaction);
  }

  bytes(what: string, expected: Uint8Array | null, actual: Uint8Array | null, transaction: number | null = null): void {
    const same = expected === null || actual === null ? expected === actual : equalBytes(expected, actual);
    if (!same) this.add(what, hex(expected), hex(actual), transaction);
  }

  comparison(): Comparison | null {
    if (this.differences.length === 0) return null;
    if (this.more > 0) this.differences.push({ what: 'further differences', expected: '0', actual: String(this.more) });
    return { differences: this.differences, transaction: this.transaction };
  }
}

function compareOutcomes(found: Collector, serial: BlockOutcome, parallel: BlockOutcome): void {
  const count = Math.max(serial.transactions.length, parallel.transactions.length);
  for (let i = 0; i < count; i++) {
    compareTransactions(found, i, serial.transactions[i], parallel.transactions[i]);
    compareReceipts(found, i, serial.receipts[i], parallel.receipts[i]);
  }
  for (let i = count; i < Math.max(serial.receipts.length, parallel.receipts.length); i++) {
    compareReceipts(found, i, serial.receipts[i], parallel.receipts[i]);
  }
  found.values('gasUsed', String(serial.gasUsed), String(parallel.gasUsed));
  found.values('blobGasUsed', String(serial.blobGasUsed), String(parallel.blobGasUsed));
  found.bytes('logsBloom', serial.logsBloom, parallel.logsBloom);
  compareRequests(found, serial.requests, parallel.requests);
  compareDiffs(found, serial.diff, parallel.diff);
}

function compareTransactions(
  found: Collector,
  index: number,
  serial: TransactionOutcome | undefined,
  parallel: TransactionOutcome | undefined,
): void {
  const at = `transactions[${index}]`;
  if (serial === undefined || parallel === undefined) {
    found.values(at, serial === undefined ? 'absent' : 'present', parallel === undefined ? 'absent' : 'present', index);
    return;
  }
  found.values(`${at}.kind`, serial.kind, parallel.kind, index);
  if (serial.kind === 'invalid' && parallel.kind === 'invalid') {
    found.values(`${at}.code`, serial.code, parallel.code, index);
  }
  if (serial.kind !== 'executed' || parallel.kind !== 'executed') return;
  found.values(`${at}.success`, String(serial.success), String(parallel.success), index);
  found.values(`${at}.gasUsed`, String(serial.gasUsed), String(parallel.gasUsed), index);
  found.values(`${at}.blobGasUsed`, String(serial.blobGasUsed), String(parallel.blobGasUsed), index);
  found.values(`${at}.halt`, serial.halt ?? 'none', parallel.halt ?? 'none', index);
  found.bytes(`${at}.output`, serial.output, parallel.output, index);
  found.bytes(`${at}.created`, serial.created, parallel.created, index);
  compareLogs(found, `${at}.logs`, index, serial.logs, parallel.logs);
}

function compareReceipts(
  found: Collector,
  index: number,
  serial: Receipt | undefined,
  parallel: Receipt | undefined,
): void {
  const at = `receipts[${index}]`;
  if (serial === undefined || parallel === undefined) {
    found.values(at, serial === undefined ? 'absent' : 'present', parallel === undefined ? 'absent' : 'present', index);
    return;
  }
  found.values(`${at}.type`, String(serial.type), String(parallel.type), index);
  found.values(`${at}.status`, text(serial.status), text(parallel.status), index);
  found.bytes(`${at}.stateRoot`, serial.stateRoot, parallel.stateRoot, index);
  found.values(`${at}.cumulativeGasUsed`, String(serial.cumulativeGasUsed), String(parallel.cumulativeGasUsed), index);
  found.bytes(`${at}.logsBloom`, serial.logsBloom, parallel.logsBloom, index);
  compareLogs(found, `${at}.logs`, index, serial.logs, parallel.logs);
}

function compareLogs(
  found: Collector,
  at: string,
  transaction: number,
  serial: readonly Log[],
  parallel: readonly Log[],
): void {
  found.values(`${at}.length`, String(serial.length), String(parallel.length), transaction);
  for (let i = 0; i < Math.min(serial.length, parallel.length); i++) {
    const a = serial[i] as Log;
    const b = parallel[i] as Log;
    found.bytes(`${at}[${i}].address`, a.address, b.address, transaction);
    found.values(`${at}[${i}].topics`, a.topics.map(hex).join(' '), b.topics.map(hex).join(' '), transaction);
    found.bytes(`${at}[${i}].data`, a.data, b.data, transaction);
  }
}

function compareRequests(
  found: Collector,
  serial: readonly Uint8Array[] | null,
  parallel: readonly Uint8Array[] | null,
): void {
  if (serial === null || parallel === null) {
    found.values('requests', serial === null ? 'none' : 'present', parallel === null ? 'none' : 'present');
    return;
  }
  found.values('requests.length', String(serial.length), String(parallel.length));
  for (let i = 0; i < Math.min(serial.length, parallel.length); i++) {
    found.bytes(`requests[${i}]`, serial[i] as Uint8Array, parallel[i] as Uint8Array);
  }
}

function compareDiffs(found: Collector, serial: StateDiff, parallel: StateDiff): void {
  for (const [address, change] of serial) {
    const other = parallel.get(address);
    if (other === undefined) found.add(`diff ${address}`, 'changed', 'unchanged');
    else compareAccounts(found, `diff ${address}`, change, other);
  }
  for (const address of parallel.keys()) {
    if (!serial.has(address)) found.add(`diff ${address}`, 'unchanged', 'changed');
  }
}

function compareAccounts(found: Collector, at: string, serial: AccountDiff, parallel: AccountDiff): void {
  for (const side of ['before', 'after'] as const) {
    const a = serial[side];
    const b = parallel[side];
    if (a === null || b === null) {
      found.values(`${at} ${side}`, a === null ? 'absent' : 'present', b === null ? 'absent' : 'present');
      continue;
    }
    found.values(`${at} ${side}.nonce`, String(a.nonce), String(b.nonce));
    found.values(`${at} ${side}.balance`, String(a.balance), String(b.balance));
  }
  found.bytes(`${at} code.before`, serial.code?.before ?? null, parallel.code?.before ?? null);
  found.bytes(`${at} code.after`, serial.code?.after ?? null, parallel.code?.after ?? null);
  for (const [slot, change] of serial.storage) {
    const other = parallel.storage.get(slot);
    if (other === undefined) found.add(`${at} storage ${slot}`, `${change.before} to ${change.after}`, 'unchanged');
    else {
      found.values(`${at} storage ${slot} before`, String(change.before), String(other.before));
      found.values(`${at} storage ${slot} after`, String(change.after), String(other.after));
    }
  }
  for (const [slot, change] of parallel.storage) {
    if (!serial.storage.has(slot)) {
      found.add(`${at} storage ${slot}`, 'unchanged', `${change.before} to ${change.after}`);
    }
  }
}

/** One line about a result, for people. */
function describeResult(result: ExecutionResult): string {
  if (result.ok) return `valid, ${result.gasUsed} gas`;
  const index = result.error.transactionIndex;
  return `rejected: ${result.error.code}${index === null ? '' : ` (transaction ${index})`}`;
}

function hex(bytes: Uint8Array | null): string {
  return bytes === null ? 'none' : bytesToHex(bytes);
}

function text(value: number | null): string {
  return value === null ? 'none' : String(value);
}

function lower(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
