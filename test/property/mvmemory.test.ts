/** The multi-version memory against a plain map, command by command. */
import { expect } from 'chai';
import fc from 'fast-check';
import { CELL_VALUE, KIND_RESET } from '../../src/layout.js';
import { RESOLVED } from '../../src/mvmemory/mvmemory.js';
import { ADDRESS_WORDS, U256_WORDS } from '../../src/primitives/words.js';
import { Database } from '../../src/state/database.js';
import { EngineWords } from '../support/engine-words.js';
import { addressHex, addressWords, slotHex, slotWords } from '../support/keys.js';

const COUNT = 6;
const ACCOUNT = 0xabc;
const BASE = 9;

interface Version {
  readonly value: number;
  readonly estimate: boolean;
}

/** By location (0 and 1: slots, 2: the reset) and transaction. */
type Model = Map<string, Version>;

function newest(model: Model, location: number, below: number): readonly [number, Version] | null {
  for (let i = below - 1; i >= 0; i--) {
    const version = model.get(`${location},${i}`);
    if (version !== undefined) return [i, version];
  }
  return null;
}

/** The definition: an estimate in the way blocks; else the later of slot and reset, the slot within one transaction. */
function expected(model: Model, slot: number, transaction: number): number | string {
  const own = newest(model, slot, transaction);
  if (own?.[1].estimate) return `blocked by ${own[0]}`;
  const reset = newest(model, 2, transaction);
  if (reset !== null && reset[0] > (own?.[0] ?? -1)) return reset[1].estimate ? `blocked by ${reset[0]}` : 0;
  return own?.[1].value ?? (slot === 0 ? BASE : 0);
}

describe('mvmemory against a model', () => {
  it('resolves as the definition says after any sequence of writes', () => {
    const command = fc.record({
      kind: fc.constantFrom('publish', 'publish', 'clear', 'estimate', 'settle', 'settle'),
      location: fc.constantFrom(0, 0, 1, 2),
      transaction: fc.nat({ max: COUNT - 1 }),
      value: fc.nat({ max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const storage = new Map([[slotHex(0), BigInt(BASE)]]);
        const engine = EngineWords.create(
          COUNT,
          Database.from([[addressHex(ACCOUNT), { nonce: 1n, balance: 1n, code: new Uint8Array(), storage }]]),
        );
        const { memory, heap, table } = engine;
        const rows = [
          table.slot(slotWords(ACCOUNT, 0), 0, ADDRESS_WORDS),
          table.slot(slotWords(ACCOUNT, 1), 0, ADDRESS_WORDS),
          table.account(KIND_RESET, addressWords(ACCOUNT), 0),
        ];
        const model: Model = new Map();
        const entries = new Map<string, number>();
        let frontier = 0;
        for (const [incarnation, { kind, location, transaction: any, value }] of commands.entries()) {
          // An exact run is one at the frontier, and is committed by it; nobody writes below.
          const transaction = kind === 'settle' ? frontier : any;
          if (transaction < frontier || transaction >= COUNT) continue;
          const key = `${location},${transaction}`;
          const entry = entries.get(key);
          const version = model.get(key);
          if (kind === 'settle') {
            const own = [0, 1, 2].map((one) => `${one},${transaction}`);
            if (own.some((one) => entries.has(one))) {
              // It ran before: it is committed as it is, or runs again.
              if (!own.some((one) => model.get(one)?.estimate)) frontier++;
              continue;
            }
            const cell = memory.newCell(transaction, 0, location === 2, U256_WORDS);
            heap.u32.fill(0, cell + CELL_VALUE, cell + CELL_VALUE + U256_WORDS);
            heap.u32[cell + CELL_VALUE] = value;
            const row = rows[location] as number;
            if (!memory.settle(row, transaction, cell)) {
              entries.set(key, memory.publish(row, transaction, cell, { cell: 0 }));
            }
            model.set(key, { value, estimate: false });
            frontier++;
          } else if (kind === 'publish') {
            const cell = memory.newCell(transaction, incarnation, location === 2, U256_WORDS);
            heap.u32.fill(0, cell + CELL_VALUE, cell + CELL_VALUE + U256_WORDS);
            heap.u32[cell + CELL_VALUE] = value;
            entries.set(key, memory.publish(rows[location] as number, transaction, cell, { cell: 0 }));
            model.set(key, { value, estimate: false });
          } else if (entry !== undefined && kind === 'clear') {
            memory.clear(entry);
            model.delete(key);
          } else if (entry !== undefined) {
            memory.markEstimate(entry);
            if (version !== undefined) model.set(key, { ...version, estimate: true });
          }
          for (const slot of [0, 1]) {
            for (let reader = frontier; reader <= COUNT; reader++) {
              const blocked = memory.resolve(rows[slot] as number, reader);
              const { cell } = memory;
              const value = memory.isReset(cell) ? 0 : (heap.u32[cell + CELL_VALUE] as number);
              const answer = blocked === RESOLVED ? value : `blocked by ${blocked}`;
              expect(answer, `slot ${slot}, reader ${reader}`).to.equal(expected(model, slot, reader));
            }
          }
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});
