/** Flips that blockchain tests and tests of the Engine API have in common: genesis, network and end of the chain. */
import { atLeast } from '../../src/primitives/fork.js';
import { network, networkForks } from '../fixtures/networks.js';
import { type CaseView, changing, type Flip, type FlipKind, setting } from './flip.js';
import { listedAccountFlips } from './flips-accounts.js';
import { keysAt, type Path, textAt } from './json.js';
import type { Random } from './random.js';
import { flipByte, flipQuantity, isBytes } from './values.js';

/** Header fields that are numbers. */
export const QUANTITIES: ReadonlySet<string> = new Set([
  'difficulty',
  'number',
  'gasLimit',
  'gasUsed',
  'timestamp',
  'baseFeePerGas',
  'blobGasUsed',
  'excessBlobGas',
]);

/** A field of a header that stands in JSON. */
export function headerFlip(view: CaseView, header: Path, name: string, random: Random): Flip | null {
  return changing(view, [...header, name], (text) => {
    if (QUANTITIES.has(name)) return flipQuantity(text);
    return isBytes(text) ? flipByte(text, random) : null;
  });
}

/** A byte of the text at `path`. */
export function byteFlip(path: Path): FlipKind['make'] {
  return (view, random) => changing(view, path, (text) => (isBytes(text) ? flipByte(text, random) : null));
}

export function genesisFlips(): FlipKind[] {
  const header: Path = ['genesisBlockHeader'];
  return [
    {
      name: 'genesis header field',
      make: (view, random) => {
        const fields = keysAt(view.test, header).filter(
          (name) => (textAt(view.test, [...header, name]) ?? '') !== '0x',
        );
        const name = random.pick(fields);
        return name === null ? null : headerFlip(view, header, name, random);
      },
    },
    { name: 'genesis hash', make: byteFlip([...header, 'hash']) },
    { name: 'genesis state root', make: byteFlip([...header, 'stateRoot']) },
    // The genesis' state root sees every account, whatever becomes of it.
    ...listedAccountFlips('pre state', ['pre']),
  ];
}

export function endFlips(): FlipKind[] {
  return [
    { name: 'lastblockhash', make: byteFlip(['lastblockhash']) },
    ...listedAccountFlips('post state', ['postState']),
    { name: 'post state hash', make: byteFlip(['postStateHash']) },
  ];
}

/** The other side of London, whose headers have another number of fields: a valid block shows it. */
export function networkFlips(hasValidBlock: (view: CaseView) => boolean): FlipKind[] {
  return [
    {
      name: 'network: another',
      make(view) {
        if (!hasValidBlock(view)) return null;
        const point = { number: 0n, timestamp: 0n, parentTotalDifficulty: 0n };
        const isLondon = (name: string): boolean => atLeast(network(name).forkAt(point).fork, 'London');
        const sides = new Set(networkForks(view.network).map(isLondon));
        // A chain that passes London has blocks of either side, not all of which a test need have.
        return sides.size > 1 ? null : setting(view, ['network'], sides.has(true) ? 'Berlin' : 'London');
      },
    },
    { name: 'network: unknown', make: (view) => setting(view, ['network'], `${view.network}x`) },
  ];
}
