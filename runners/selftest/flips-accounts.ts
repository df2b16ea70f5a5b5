/** Flips in lists of accounts: allocations before and after a case. */
import { type CaseView, changing, type Flip, type FlipKind, flip, setting } from './flip.js';
import { keysAt, type Path, textAt, valueAt, without } from './json.js';
import type { Random } from './random.js';
import { flipByte, flipQuantity, isBytes, quantityOf } from './values.js';

type Choose = (view: CaseView, accounts: Path, address: string) => boolean;
const ANY: Choose = () => true;

function account(view: CaseView, accounts: Path, random: Random, fits: (path: Path) => boolean): Path | null {
  const paths = keysAt(view.test, accounts).map((address) => [...accounts, address]);
  return random.pick(paths.filter((path) => valueAt(view.test, path) !== null && fits(path)));
}

function quantityFlip(field: 'balance' | 'nonce', accounts: Path, choose: Choose) {
  return (view: CaseView, random: Random): Flip | null => {
    const path = account(view, accounts, random, (one) => choose(view, accounts, String(one.at(-1))));
    return path && changing(view, [...path, field], (text) => flipQuantity(text));
  };
}

function codeFlip(accounts: Path, choose: Choose) {
  return (view: CaseView, random: Random): Flip | null => {
    const fits = (one: Path): boolean =>
      isBytes(textAt(view.test, [...one, 'code'])) && choose(view, accounts, String(one.at(-1)));
    const path = account(view, accounts, random, fits);
    return path && changing(view, [...path, 'code'], (text) => flipByte(text, random));
  };
}

/** Balance, nonce and code of one account that `choose` lets pass. */
export function accountFlips(name: string, accounts: Path, choose: Choose = ANY): FlipKind[] {
  return [
    { name: `${name}: balance`, make: quantityFlip('balance', accounts, choose) },
    { name: `${name}: nonce`, make: quantityFlip('nonce', accounts, choose) },
    { name: `${name}: code byte`, make: codeFlip(accounts, choose) },
  ];
}

function storageFlip(accounts: Path) {
  return (view: CaseView, random: Random): Flip | null => {
    const slots = (one: Path): string[] => keysAt(view.test, [...one, 'storage']);
    const path = account(view, accounts, random, (one) => slots(one).length > 0);
    const slot = path && random.pick(slots(path));
    return path && slot !== null
      ? changing(view, [...path, 'storage', slot], (text) => (quantityOf(text) === null ? null : flipQuantity(text)))
      : null;
  };
}

/** One byte changed in an address that is there. */
function otherAddress(address: string, random: Random): string {
  return flipByte(address, random);
}

/** {@link accountFlips}, one storage value, one account dropped and one added: for a list that is compared whole. */
export function listedAccountFlips(name: string, accounts: Path): FlipKind[] {
  return [
    ...accountFlips(name, accounts),
    { name: `${name}: storage value`, make: storageFlip(accounts) },
    {
      name: `${name}: account dropped`,
      make(view, random) {
        const path = account(view, accounts, random, () => true);
        return path && flip(view, path, valueAt(view.test, path), undefined, without(view.test, path));
      },
    },
    {
      name: `${name}: account added`,
      make(view, random) {
        const path = account(view, accounts, random, () => true);
        if (path === null) return null;
        const address = otherAddress(String(path.at(-1)), random);
        const added = { nonce: '0x00', balance: '0x01', code: '0x', storage: {} };
        return keysAt(view.test, accounts).includes(address) ? null : setting(view, [...accounts, address], added);
      },
    },
  ];
}
