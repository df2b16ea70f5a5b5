/** Flips of state tests. The view holds one entry of `post`, at `post.<fork>[0]`. */
import { atLeast } from '../../src/primitives/fork.js';
import type { ErrorCode } from '../../src/transition/errors.js';
import { network } from '../fixtures/networks.js';
import { type CaseView, changing, type Flip, type FlipKind, flip, setting } from './flip.js';
import { accountFlips, listedAccountFlips } from './flips-accounts.js';
import { adding, expectedCodes, removing, replacing } from './flips-exceptions.js';
import { lengthAt, type Path, renamed, textAt, valueAt } from './json.js';
import type { Random } from './random.js';
import { flipByte, flipQuantity, isBytes } from './values.js';

const post = (view: CaseView, field: string): Path => ['post', view.network, 0, field];
const isRejected = (view: CaseView): boolean => valueAt(view.test, post(view, 'expectException')) !== undefined;

function byteFlip(field: string): FlipKind['make'] {
  return (view, random) => changing(view, post(view, field), (text) => (isBytes(text) ? flipByte(text, random) : null));
}

/** SELFDESTRUCT, the calls that run another account's code on this one, and a delegation (EIP-7702). */
const MAY_DESTROY = /ff|f2|f4|^0xef0100/i;

/**
 * An account whose code could end in SELFDESTRUCT may be gone after the transaction, and with it what was
 * flipped; the state root sees any other. Calls and delegations count, as they bring in code from elsewhere.
 */
function staysAlive(view: CaseView, accounts: Path, address: string): boolean {
  return !MAY_DESTROY.test((textAt(view.test, [...accounts, address, 'code']) ?? '').slice(2));
}

/** Errors that are met while the bytes are read: other bytes may meet them too, and there is no transaction to compare. */
function isOfReading(code: ErrorCode): boolean {
  return /RLP|OVERFLOW|TYPE_|ADDRESS_TOO|CHAINID|SIGNATURE|RECOVERY/.test(code);
}

/** True where there are signed bytes that can be read: those are compared with the fields beside them. */
function isReadable(view: CaseView): boolean {
  if (!isBytes(textAt(view.test, post(view, 'txbytes')))) return false;
  const codes = expectedCodes(view, post(view, 'expectException'));
  return !isRejected(view) || (codes !== null && ![...codes].some(isOfReading));
}

function signedByteFlip(view: CaseView, random: Random): Flip | null {
  return isReadable(view) ? byteFlip('txbytes')(view, random) : null;
}

/** Fields that `txbytes` repeat; without these bytes the fields are what is executed, and state may not tell. */
function fieldFlip(view: CaseView, random: Random): Flip | null {
  if (!isReadable(view)) return null;
  const names = ['nonce', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas', 'sender', 'to'];
  const given = names.filter((name) => (textAt(view.test, ['transaction', name]) ?? '0x').length > 2);
  const name = random.pick(given);
  if (name === null) return null;
  const isAddress = name === 'sender' || name === 'to';
  return changing(view, ['transaction', name], (text) => (isAddress ? flipByte(text, random) : flipQuantity(text)));
}

/** Which entries of `transaction` an index names, by its key. */
const INDEXED = { data: 'data', gas: 'gasLimit', value: 'value' } as const;

/** Another entry of data, gas limit or value, where its text is not the same: `txbytes` hold the one that is meant. */
function indexFlip(view: CaseView, random: Random): Flip | null {
  if (!isReadable(view)) return null;
  const choices: (readonly [Path, number])[] = [];
  for (const [key, list] of Object.entries(INDEXED)) {
    const path = [...post(view, 'indexes'), key];
    const text = (index: number): string | null => textAt(view.test, ['transaction', list, index]);
    const current = text(Number(valueAt(view.test, path)));
    for (let index = 0; index < lengthAt(view.test, ['transaction', list]); index++) {
      if (current !== null && differs(text(index), current)) choices.push([path, index]);
    }
  }
  const choice = random.pick(choices);
  return choice && setting(view, ...choice);
}

/** Digits that differ, whatever zeros are in front of them. */
function differs(a: string | null, b: string): boolean {
  const digits = (text: string): string => text.toLowerCase().replace(/^0x0*/, '');
  return a !== null && digits(a) !== digits(b);
}

/** From London on the base fee is burnt (EIP-1559): on the other side of it the coinbase is paid otherwise. */
function forkFlip(view: CaseView): Flip | null {
  const point = { number: 0n, timestamp: 0n, parentTotalDifficulty: 0n };
  const burns = (fork: string): boolean => atLeast(network(fork).forkAt(point).fork, 'London');
  // A rejected transaction may be rejected by every fork; one without a price pays nobody.
  const fields = ['gasPrice', 'maxPriorityFeePerGas'].map((name) => textAt(view.test, ['transaction', name]));
  const pays = fields.some((text) => text !== null && /[1-9a-f]/i.test(text.slice(2)));
  const burnt = textAt(view.test, ['env', 'currentBaseFee']) ?? '0x0a';
  if (isRejected(view) || !pays || !/[1-9a-f]/i.test(burnt.slice(2))) return null;
  const other = burns(view.network) ? 'Berlin' : 'London';
  return renaming(view, other);
}

function renaming(view: CaseView, name: string): Flip {
  const path = ['post', view.network];
  return flip(view, path, view.network, name, renamed(view.test, path, name));
}

function postFlips(): FlipKind[] {
  // The path depends on the network, so the kinds are made for each view.
  const names = listedAccountFlips('post state', []).map(({ name }) => name);
  return names.map((name, index) => ({
    name,
    make: (view, random) =>
      (listedAccountFlips('post state', post(view, 'state'))[index] as FlipKind).make(view, random),
  }));
}

export const STATE_FLIPS: readonly FlipKind[] = [
  { name: 'post hash', make: byteFlip('hash') },
  { name: 'logs hash', make: byteFlip('logs') },
  ...postFlips(),
  { name: 'exception added', make: (view) => (isRejected(view) ? null : adding(view, post(view, 'expectException'))) },
  {
    name: 'exception removed',
    make: (view) => (isRejected(view) ? removing(view, post(view, 'expectException')) : null),
  },
  { name: 'exception replaced', make: (view, random) => replacing(view, post(view, 'expectException'), random) },
  { name: 'txbytes byte', make: signedByteFlip },
  { name: 'field beside txbytes', make: fieldFlip },
  { name: 'index of data, gas limit or value', make: indexFlip },
  ...accountFlips('pre state', ['pre'], staysAlive),
  { name: 'fork: another', make: forkFlip },
  { name: 'fork: unknown', make: (view) => renaming(view, `${view.network}x`) },
];
