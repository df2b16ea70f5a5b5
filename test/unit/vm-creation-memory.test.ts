import { expect } from 'chai';
import { assemble, push, runMessage, SENDER, TARGET } from './vm-harness.js';
import { MACHINES } from './vm-machines.js';

/** Init code that ends at once, without memory of its own. */
const INIT = `00${'ff'.repeat(31)}`;

for (const { name, create } of MACHINES)
  describe(`vm/${name}, memory after a creation`, () => {
    it('is zero where it grows over what the creation used, in a machine that never reached so far', async () => {
      const stored = (offset: number) => [push(offset), '51', push(offset), '55'].join('');
      const code = assemble(
        `7f${INIT}`,
        push(0),
        '52',
        push(32),
        push(0),
        push(0),
        'f0',
        '50',
        ...[0, 32, 64, 96, 128, 160, 192, 224].map(stored),
      );
      const state = { [SENDER]: { nonce: 5n, balance: 10n ** 18n }, [TARGET]: { nonce: 1n, code } };
      const { result, writes } = await runMessage(await create(), 'Osaka', state);
      expect(result.success).to.equal(true);
      const slots = Object.entries(writes).filter(([location]) => location.startsWith('slot'));
      expect(slots).to.deep.equal([[`slot ${TARGET} 0`, BigInt(`0x${INIT}`).toString()]]);
    });
  });
