/** What an incarnation is answered, read by read, without a machine. */
import { expect } from 'chai';
import { SpeculativeView } from '../../src/executor/speculative-view.js';
import { hexToBytes } from '../../src/primitives/bytes.js';
import { Database } from '../../src/state/database.js';
import { BASICS_WORDS, READ_OK } from '../../src/state/view.js';
import { EngineWords } from '../support/engine-words.js';
import { addressHex, addressWords } from '../support/keys.js';

const [ONE, OTHER, NOBODY] = [0xa1, 0xb2, 0xc3];
const CODES: Readonly<Record<number, string>> = { [ONE]: '0x6001', [OTHER]: '0x600260035500' };

function viewOfAccounts(): SpeculativeView {
  const database = Database.from(
    [ONE, OTHER].map((number) => [
      addressHex(number),
      { nonce: 1n, balance: BigInt(number), code: hexToBytes(CODES[number] as `0x${string}`), storage: new Map() },
    ]),
  );
  const { heap, table, memory, codes, scheduler } = EngineWords.create(2, database);
  const view = new SpeculativeView(heap, table, memory, codes, scheduler);
  view.begin(1, false);
  return view;
}

describe('speculative view', () => {
  it('answers the code of the account that is asked for, whose basics were read or not', () => {
    const view = viewOfAccounts();
    const basics = new Uint32Array(BASICS_WORDS);
    const codeOf = (number: number): Uint8Array | number => {
      const code = view.code(addressWords(number), 0);
      return typeof code === 'number' ? code : code.bytes;
    };
    for (const read of [ONE, OTHER, NOBODY]) {
      expect(view.basics(addressWords(read), 0, basics, 0)).to.equal(READ_OK);
      for (const asked of [ONE, OTHER, NOBODY, read]) {
        const expected = CODES[asked] === undefined ? new Uint8Array(0) : hexToBytes(CODES[asked] as `0x${string}`);
        expect(codeOf(asked), `${asked} after the basics of ${read}`).to.deep.equal(expected);
      }
    }
  });
});
