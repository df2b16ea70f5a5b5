/**
 * RLP by what the engine reads and writes it with: the reader of blocks, the reader of transactions,
 * and the library's encoder.
 */
import { encode } from '@ethereumjs/rlp';
import { bytesToHex } from '../../src/primitives/bytes.js';
import { listItems, RlpError, type RlpItem, readWhole, stringBytes } from '../../src/transition/block/rlp.js';
import { decodeItem, TransactionDecodeError } from '../../src/transition/transaction/index.js';
import type { RlpCase, RlpValue } from '../fixtures/unit-cases.js';
import { nonconformant } from '../verdict/result.js';
import type { Difference } from '../verdict/verdict.js';
import { expectEqual } from './expect-equal.js';

const FIELD = 'rlp';

function contentOf(item: RlpItem): RlpValue {
  return item.isList ? listItems(item, FIELD).map(contentOf) : stringBytes(item, FIELD);
}

/** Reads all of the bytes; throws where they are not canonical. */
const READERS: readonly (readonly [name: string, read: (bytes: Uint8Array) => RlpValue])[] = [
  ['reader of blocks', (bytes) => contentOf(readWhole(bytes, FIELD))],
  ['reader of transactions', decodeItem],
];

/** The value, or null and why the reader refuses the bytes. */
function attempt(read: (bytes: Uint8Array) => RlpValue, bytes: Uint8Array): [RlpValue, null] | [null, string] {
  try {
    return [read(bytes), null];
  } catch (error) {
    if (error instanceof RlpError || error instanceof TransactionDecodeError) return [null, error.message];
    throw error;
  }
}

/** Bytes in hex, lists in brackets: what is spelled the same is the same. */
export function spelled(value: RlpValue): string {
  return value instanceof Uint8Array ? bytesToHex(value) : `[${value.map(spelled).join(',')}]`;
}

/** Throws `CaseFailure` where a reader or the encoder does otherwise than the fixture says. */
export function checkRlp({ encoding, expect }: RlpCase): void {
  const differences: Difference[] = [];
  for (const [name, read] of READERS) {
    const [value, refusal] = attempt(read, encoding);
    if (expect === 'invalid') {
      if (value !== null) differences.push({ what: name, expected: 'refused', actual: spelled(value) });
    } else if (value === null) {
      const expected = expect === 'valid' ? 'accepted' : spelled(expect.value);
      differences.push({ what: name, expected, actual: `refused: ${refusal}` });
    } else {
      if (expect !== 'valid') expectEqual(differences, name, spelled(expect.value), spelled(value));
      expectEqual(differences, `encoder, after the ${name}`, encoding, encode(value));
    }
  }
  if (typeof expect === 'object') expectEqual(differences, 'encoder', encoding, encode(expect.value));
  if (differences.length === 0) return;
  nonconformant(expect === 'invalid' ? 'invalid RLP was accepted' : 'RLP differs from the fixture', differences);
}
