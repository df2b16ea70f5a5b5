/**
 * Flips of the last block's header that are carried through: into the RLP, the JSON beside it, the
 * block's hash and the head's. Nothing in the fixture contradicts itself afterwards, so that only the
 * rule that judges the field, or the execution that the field speaks of, can tell.
 */
import { type NestedUint8Array, RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, bytesToHex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { HEADER, HEADER_TAIL } from '../fixtures/header-fields.js';
import { type CaseView, type Flip, type FlipKind, flip } from './flip.js';
import { headerFlip, QUANTITIES } from './flips-chain.js';
import { lengthAt, type Path, textAt, valueAt, withValue } from './json.js';
import type { Random } from './random.js';
import { headerSpan } from './rlp-span.js';

const PLACES = new Map([...HEADER, ...HEADER_TAIL].map(([name], index) => [name, index]));

/**
 * Fields that a rule or the execution fixes. Left out: coinbase, gasLimit, timestamp, extraData, mixHash, nonce and
 * parentBeaconBlockRoot are the builder's own choice, and a block with another may be as valid.
 */
const FIXED = [
  'parentHash',
  'uncleHash',
  'stateRoot',
  'transactionsTrie',
  'receiptTrie',
  'bloom',
  'difficulty',
  'number',
  'gasUsed',
  'baseFeePerGas',
  'withdrawalsRoot',
  'blobGasUsed',
  'excessBlobGas',
  'requestsHash',
] as const;

/** The last block, where it is valid and the head. */
function headBlock(view: CaseView): Path | null {
  const path: Path = ['blocks', lengthAt(view.test, ['blocks']) - 1];
  const hash = textAt(view.test, [...path, 'blockHeader', 'hash']);
  const head = textAt(view.test, ['lastblockhash'])?.replace(/^(?:0x)?/, '0x');
  const isInvalid = valueAt(view.test, [...path, 'expectException']) !== undefined;
  return hash === null || isInvalid || hash !== head ? null : path;
}

/** As RLP holds it: scalars without leading zeros. */
function encoded(name: string, text: string): Uint8Array {
  return QUANTITIES.has(name) ? bigIntToMinimalBytes(BigInt(text)) : hexToBytes(text);
}

function resealed(view: CaseView, name: string, random: Random): Flip | null {
  const path = headBlock(view);
  const place = PLACES.get(name);
  if (path === null || place === undefined) return null;
  const header = [...path, 'blockHeader'];
  const stated = headerFlip(view, header, name, random);
  const rlp = textAt(view.test, [...path, 'rlp']);
  if (stated === null || rlp === null || headerSpan(rlp) === null) return null;
  const parts = RLP.decode(hexToBytes(rlp)) as NestedUint8Array;
  const fields = parts[0] as Uint8Array[];
  if (fields[place] === undefined) return null;
  fields[place] = encoded(name, textAt(stated.test, [...header, name]) as string);
  const hash = bytesToHex(keccak256(RLP.encode(fields)));
  let test = withValue(stated.test, [...path, 'rlp'], bytesToHex(RLP.encode(parts)));
  test = withValue(test, [...header, 'hash'], hash);
  test = withValue(test, ['lastblockhash'], hash);
  const at = [...header, name];
  return flip(view, at, valueAt(view.test, at), valueAt(test, at), test);
}

export const RESEALED_FLIPS: readonly FlipKind[] = FIXED.map((name) => ({
  name: `head sealed anew: ${name}`,
  make: (view, random) => resealed(view, name, random),
}));
