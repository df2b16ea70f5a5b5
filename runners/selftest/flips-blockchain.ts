/** Flips of blockchain tests. */
import { type CaseView, changing, type Flip, type FlipKind, flip, setting } from './flip.js';
import { byteFlip, endFlips, genesisFlips, headerFlip, networkFlips } from './flips-chain.js';
import { adding, removing, replacing } from './flips-exceptions.js';
import { RESEALED_FLIPS } from './flips-resealed.js';
import { keysAt, lengthAt, type Path, textAt, valueAt, without, withValue } from './json.js';
import type { Random } from './random.js';
import { headerSpan } from './rlp-span.js';
import { flipByte, isBytes } from './values.js';

const block = (index: number): Path => ['blocks', index];

function blocks(view: CaseView, fits: (index: number) => boolean): number[] {
  return [...Array(lengthAt(view.test, ['blocks'])).keys()].filter(fits);
}

const has = (view: CaseView, index: number, key: string): boolean =>
  valueAt(view.test, [...block(index), key]) !== undefined;
const isValid = (view: CaseView, index: number): boolean =>
  has(view, index, 'blockHeader') && exceptionKey(view, index) === null;

/** The key under which the exception of this network stands; null for a valid block, or where the name of the key is another fork's. */
function exceptionKey(view: CaseView, index: number): string | null {
  const keys = ['expectException', 'expectExceptionALL', `expectException${view.network}`];
  return keys.find((key) => has(view, index, key)) ?? null;
}

/** True where the block is in JSON too: whatever its exception, its RLP must be that block. */
function isTied(view: CaseView, index: number): boolean {
  if (isValid(view, index)) return true;
  return textAt(view.test, [...block(index), 'rlp_decoded', 'blockHeader', 'hash']) !== null;
}

/** Of an invalid block that is not in JSON nothing but the exception is said, which other bytes may deserve as well. */
function rlpFlip(part: 'header' | 'body'): FlipKind['make'] {
  return (view, random) => {
    const index = random.pick(blocks(view, (one) => isTied(view, one)));
    if (index === null) return null;
    return changing(view, [...block(index), 'rlp'], (rlp) => {
      const span = headerSpan(rlp);
      if (span === null) return null;
      const [from, to] = part === 'header' ? [span.start, span.end] : [span.end, span.size];
      return from >= to ? null : flipByte(rlp, random, from + random.below(to - from));
    });
  };
}

function besideFlip(name: string): FlipKind['make'] {
  return (view, random) => {
    const index = random.pick(blocks(view, (one) => isTied(view, one)));
    return index === null ? null : headerFlip(view, headerPath(view, index), name, random);
  };
}

function headerPath(view: CaseView, index: number): Path {
  return [...block(index), ...(isValid(view, index) ? ['blockHeader'] : ['rlp_decoded', 'blockHeader'])];
}

function otherFieldFlip(view: CaseView, random: Random): Flip | null {
  const index = random.pick(blocks(view, (one) => isTied(view, one)));
  if (index === null) return null;
  const header = headerPath(view, index);
  const name = random.pick(keysAt(view.test, header).filter((one) => textAt(view.test, [...header, one]) !== '0x'));
  return name === null ? null : headerFlip(view, header, name, random);
}

/** A field of an entry in one of the lists beside the RLP. */
function listedFlip(
  list: 'transactions' | 'uncleHeaders' | 'withdrawals',
  fields: readonly string[],
): FlipKind['make'] {
  return (view, random) => {
    const parts = (index: number): Path => [...headerPath(view, index).slice(0, -1), list];
    const index = random.pick(blocks(view, (one) => isTied(view, one) && lengthAt(view.test, parts(one)) > 0));
    if (index === null) return null;
    const entry = [...parts(index), random.below(lengthAt(view.test, parts(index)))];
    const name = random.pick(fields.filter((one) => isBytes(textAt(view.test, [...entry, one]))));
    return name === null ? null : changing(view, [...entry, name], (text) => flipByte(text, random));
  };
}

function exceptionFlip(change: (view: CaseView, path: Path, random: Random) => Flip | null): FlipKind['make'] {
  return (view, random) => {
    const index = random.pick(blocks(view, (one) => exceptionKey(view, one) !== null));
    return index === null ? null : change(view, [...block(index), exceptionKey(view, index) as string], random);
  };
}

/** In the oldest suites, which name no seal engine, a block without header and exception is invalid for any reason. */
function removal(view: CaseView, path: Path): Flip | null {
  return textAt(view.test, ['sealEngine']) === null ? null : removing(view, path);
}

const hashOf = (view: CaseView, index: number): string | null =>
  textAt(view.test, [...block(index), 'blockHeader', 'hash']);
const parentOf = (view: CaseView, index: number): string | null =>
  textAt(view.test, [...block(index), 'blockHeader', 'parentHash']);

/** A block and its child: brothers may come in any order. A block that comes twice is there for its child either way. */
function orderFlip(view: CaseView, random: Random): Flip | null {
  const parents = blocks(view, (one) => isValid(view, one) && isValid(view, one + 1) && isOnce(view, one));
  const index = random.pick(parents.filter((one) => hashOf(view, one) === parentOf(view, one + 1)));
  if (index === null) return null;
  const [first, second] = [valueAt(view.test, block(index)), valueAt(view.test, block(index + 1))];
  const swapped = withValue(withValue(view.test, block(index), second), block(index + 1), first);
  return flip(view, ['blocks'], `${index}, ${index + 1}`, `${index + 1}, ${index}`, swapped);
}

function isOnce(view: CaseView, index: number): boolean {
  return blocks(view, (one) => hashOf(view, one) === hashOf(view, index)).length === 1;
}

/** Blocks from the last one back to the genesis. Side chains and invalid blocks may be absent: nothing is built on them. */
function chainOf(view: CaseView): number[] {
  const chain: number[] = [];
  let hash = textAt(view.test, ['lastblockhash'])?.replace(/^(?:0x)?/, '0x') ?? null;
  for (;;) {
    const index = blocks(view, (one) => isValid(view, one) && hashOf(view, one) === hash)[0];
    if (index === undefined || chain.includes(index)) return chain;
    chain.push(index);
    hash = parentOf(view, index);
  }
}

function dropFlip(view: CaseView, random: Random): Flip | null {
  const index = random.pick(chainOf(view).filter((one) => isOnce(view, one)));
  if (index === null) return null;
  return flip(view, block(index), `block ${hashOf(view, index)}`, undefined, without(view.test, block(index)));
}

function additionFlip(view: CaseView, random: Random): Flip | null {
  const index = random.pick(blocks(view, (one) => isValid(view, one)));
  return index === null ? null : adding(view, [...block(index), 'expectException']);
}

function truncationFlip(view: CaseView, random: Random): Flip | null {
  const index = random.pick(blocks(view, (one) => isValid(view, one)));
  const path = [...block(index ?? 0), 'rlp'];
  const rlp = index === null ? null : textAt(view.test, path);
  return isBytes(rlp) ? setting(view, path, rlp.slice(0, -2)) : null;
}

const TRANSACTION_FIELDS = ['nonce', 'gasPrice', 'maxFeePerGas', 'gasLimit', 'to', 'value', 'data', 'r', 's'];
const BESIDE = ['stateRoot', 'receiptTrie', 'transactionsTrie', 'bloom', 'gasUsed', 'baseFeePerGas', 'hash'];

export const BLOCKCHAIN_FLIPS: readonly FlipKind[] = [
  { name: 'rlp: header byte', make: rlpFlip('header') },
  { name: 'rlp: body byte', make: rlpFlip('body') },
  { name: 'rlp: last byte cut off', make: truncationFlip },
  ...BESIDE.map((name) => ({ name: `header beside the rlp: ${name}`, make: besideFlip(name) })),
  { name: 'header beside the rlp: any field', make: otherFieldFlip },
  { name: 'transaction beside the rlp', make: listedFlip('transactions', TRANSACTION_FIELDS) },
  { name: 'uncle beside the rlp', make: listedFlip('uncleHeaders', ['stateRoot', 'coinbase', 'nonce']) },
  { name: 'withdrawal beside the rlp', make: listedFlip('withdrawals', ['address', 'amount', 'index']) },
  ...RESEALED_FLIPS,
  { name: 'exception added', make: additionFlip },
  { name: 'exception removed', make: exceptionFlip(removal) },
  { name: 'exception replaced', make: exceptionFlip(replacing) },
  { name: 'blocks swapped', make: orderFlip },
  { name: 'block dropped', make: dropFlip },
  ...genesisFlips(),
  { name: 'genesis rlp byte', make: byteFlip(['genesisRLP']) },
  ...networkFlips((view) => blocks(view, (index) => isValid(view, index)).length > 0),
  ...endFlips(),
];
