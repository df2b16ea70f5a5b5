import { expect } from 'chai';
import { bytesToHex, EMPTY_BYTES, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { FORKS, type Fork } from '../../src/primitives/fork.js';
import { READ_OK } from '../../src/state/view.js';
import { RUN_DONE, type Vm } from '../../src/vm/vm.js';
import {
  assemble,
  deployer,
  environment,
  MemoryView,
  message,
  OTHER,
  push,
  runMessage,
  SENDER,
  TARGET,
  type TestState,
  Writes,
} from './vm-harness.js';
import { MACHINES } from './vm-machines.js';

const ETHER = 10n ** 18n;
const SSTORE = '55';
const SLOAD = '54';
const ABSENT_ADDRESS: Hex = `0x${'77'.repeat(20)}`;

/** Address of the contract that TARGET creates with the nonce it has. */
const FIRST_CHILD_OF_TARGET = bytesToHex(keccak256(assemble('d694', TARGET.slice(2), '01')).slice(12));

function world(target: {
  code?: Uint8Array;
  storage?: Record<string, bigint>;
  balance?: bigint;
  nonce?: bigint;
}): TestState {
  return { [SENDER]: { nonce: 5n, balance: ETHER }, [TARGET]: { nonce: 1n, ...target } };
}

for (const { name, create } of MACHINES)
  describe(`vm/${name}`, () => {
    let vm: Vm;
    before(async () => {
      vm = await create();
    });

    describe('messages', () => {
      for (const fork of FORKS) {
        it(`transfers value in ${fork}`, async () => {
          const state: TestState = { [SENDER]: { nonce: 5n, balance: ETHER } };
          const { result, writes } = await runMessage(vm, fork, state, message({ value: 3n }));
          expect(result).to.deep.include({ success: true, gasLeft: 1_000_000n, refund: 0n, halt: null, created: null });
          expect(writes).to.deep.equal({
            [`basics ${TARGET}`]: 'nonce 0 balance 3',
            [`basics ${SENDER}`]: `nonce 6 balance ${ETHER - 3n}`,
          });
        });
      }

      it('writes storage, counts refunds and answers logs and output', async () => {
        // slot 1: 5 -> 0 (refund), slot 2: 0 -> 9, slot 3: 4 -> 4; LOG1; return 32 bytes of slot 3
        const code = assemble(
          push(0),
          push(1),
          SSTORE,
          push(9),
          push(2),
          SSTORE,
          push(3),
          SLOAD,
          push(3),
          SSTORE,
          push(0x42),
          push(0),
          push(0),
          'a1',
          push(3),
          SLOAD,
          push(0),
          '52',
          push(32),
          push(0),
          'f3',
        );
        const { result, writes } = await runMessage(vm, 'London', world({ code, storage: { 1: 5n, 3: 4n } }));
        expect(result.success).to.equal(true);
        expect(result.refund).to.equal(4800n);
        expect(result.output).to.deep.equal(hexToBytes('04'.padStart(64, '0')));
        expect(result.logs).to.deep.equal([
          { address: hexToBytes(TARGET), topics: [hexToBytes('42'.padStart(64, '0'))], data: EMPTY_BYTES },
        ]);
        expect(writes).to.deep.equal({
          [`basics ${SENDER}`]: `nonce 6 balance ${ETHER}`,
          [`slot ${TARGET} 1`]: '0',
          [`slot ${TARGET} 2`]: '9',
        });
      });

      it('keeps nothing of a reverted message but the nonce', async () => {
        const code = assemble(push(1), push(1), SSTORE, push(0x99), push(0), '52', push(32), push(0), 'fd');
        const { result, writes } = await runMessage(vm, 'Osaka', world({ code }), message({ value: 1n }));
        expect(result).to.deep.include({ success: false, halt: 'revert', refund: 0n });
        expect(result.output[31]).to.equal(0x99);
        expect(result.gasLeft > 900_000n).to.equal(true);
        expect(writes).to.deep.equal({ [`basics ${SENDER}`]: `nonce 6 balance ${ETHER}` });
      });

      it('takes all gas at an exceptional halt', async () => {
        const { result } = await runMessage(vm, 'Osaka', world({ code: assemble('fe') }));
        expect(result).to.deep.include({ success: false, gasLeft: 0n });
        expect(result.halt).to.match(/invalid/);
      });

      it('undoes an inner frame only', async () => {
        // OTHER writes slot 1 and reverts; TARGET writes slot 1 before and slot 2 after
        const code = assemble(
          push(1),
          push(1),
          SSTORE,
          push(0),
          push(0),
          push(0),
          push(0),
          push(0),
          push(OTHER),
          '5a',
          'f1',
          push(2),
          SSTORE,
        );
        const state = {
          ...world({ code }),
          [OTHER]: { code: assemble(push(8), push(1), SSTORE, push(0), push(0), 'fd') },
        };
        const { writes } = await runMessage(vm, 'Cancun', state);
        expect(writes).to.deep.equal({
          [`basics ${SENDER}`]: `nonce 6 balance ${ETHER}`,
          [`slot ${TARGET} 1`]: '1',
        });
      });

      it('serves the block environment and BLOCKHASH', async () => {
        const store = (slot: number, op: string) => assemble(op, push(slot), SSTORE);
        const pieces = [
          '41',
          '42',
          '43',
          '44',
          '45',
          '46',
          '48',
          '4a',
          '3a',
          '32',
          `${push(999)}40`,
          `${push(743)}40`,
          `${push(1000)}40`,
        ];
        const code = assemble(...pieces.map((op, i) => bytesToHex(store(i, op)).slice(2)));
        const asked: bigint[] = [];
        const { writes } = await runMessage(vm, 'Osaka', world({ code }), message({ gas: 5_000_000n }), {
          environment: {
            chainId: 77n,
            blockHash: (number) => {
              asked.push(number);
              return new Uint8Array(32).fill(1);
            },
          },
        });
        const slot = (n: number) => BigInt(writes[`slot ${TARGET} ${n}`] ?? '0');
        const ones = BigInt(`0x${'01'.repeat(32)}`);
        expect(asked).to.deep.equal([999n]);
        expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(slot)).to.deep.equal([
          BigInt(`0x${'cb'.repeat(20)}`),
          1_700_000_000n,
          1000n,
          BigInt(`0x${'09'.repeat(32)}`),
          30_000_000n,
          77n,
          7n,
          1n,
          10n,
          BigInt(SENDER),
          ones,
          0n,
          0n,
        ]);
      });

      it('reads code that starts with 0xEF00 as it is', async () => {
        const odd = assemble('ef00', '010203');
        const code = assemble(
          push(OTHER),
          '3b',
          push(0),
          SSTORE,
          push(OTHER),
          '3f',
          push(1),
          SSTORE,
          push(8),
          push(1),
          push(0),
          push(OTHER),
          '3c',
          push(0),
          '51',
          push(2),
          SSTORE,
        );
        const { writes } = await runMessage(vm, 'Osaka', { ...world({ code }), [OTHER]: { code: odd } });
        expect(writes[`slot ${TARGET} 0`]).to.equal('5');
        expect(writes[`slot ${TARGET} 1`]).to.equal(BigInt(bytesToHex(keccak256(odd))).toString());
        expect(writes[`slot ${TARGET} 2`]).to.equal((0x00010203n << (28n * 8n)).toString());
      });

      it('runs the code that an EIP-7702 delegation names', async () => {
        const state = {
          ...world({ code: assemble('ef0100', OTHER.slice(2)) }),
          [OTHER]: { code: assemble(push(6), push(0), SSTORE) },
        };
        const { writes } = await runMessage(vm, 'Prague', state);
        expect(writes[`slot ${TARGET} 0`]).to.equal('6');
      });
    });

    describe('creation', () => {
      const runtime = assemble(push(1), push(0), SSTORE);
      const created = bytesToHex(keccak256(assemble('d694', SENDER.slice(2), '05')).slice(12));

      it('creates with the nonce before the transaction, and announces a reset', async () => {
        const sent = message({ to: null, data: deployer(runtime, assembleHex(push(3), push(1), SSTORE)), value: 4n });
        const { result, writes } = await runMessage(vm, 'Osaka', world({}), sent);
        expect(result.success).to.equal(true);
        expect(bytesToHex(result.created ?? EMPTY_BYTES)).to.equal(created);
        expect(result.output).to.have.length(0);
        expect(writes).to.deep.equal({
          [`basics ${SENDER}`]: `nonce 6 balance ${ETHER - 4n}`,
          [`basics ${created}`]: 'nonce 1 balance 4',
          [`code ${created}`]: bytesToHex(runtime),
          [`reset ${created}`]: '',
          [`slot ${created} 1`]: '3',
        });
      });

      it('gives a new account nonce 0 before EIP-161', async () => {
        const { writes } = await runMessage(vm, 'Homestead', world({}), message({ to: null, data: deployer(runtime) }));
        expect(writes[`basics ${created}`]).to.equal('nonce 0 balance 0');
      });

      it('keeps a Frontier creation that cannot pay for its code, without code', async () => {
        const sent = message({ to: null, data: deployer(runtime), gas: 500n });
        const frontier = await runMessage(vm, 'Frontier', world({}), sent);
        expect(frontier.result).to.deep.include({ success: true, halt: null });
        expect(frontier.result.gasLeft > 0n).to.equal(true);
        expect(frontier.writes[`basics ${created}`]).to.equal('nonce 0 balance 0');
        expect(frontier.writes).to.not.have.property(`code ${created}`);
        const homestead = await runMessage(vm, 'Homestead', world({}), sent);
        expect(homestead.result).to.deep.include({ success: false, gasLeft: 0n });
        expect(homestead.writes).to.not.have.property(`basics ${created}`);
      });

      it('collides with nonce, code or storage (EIP-7610), and asks for storage only then', async () => {
        const sent = message({ to: null, data: deployer(runtime) });
        const cases: [TestState[Hex], boolean, boolean][] = [
          [{ balance: 1n }, true, true],
          [{ nonce: 1n }, false, false],
          [{ code: assemble('00') }, false, false],
          [{ storage: { 3: 1n } }, false, true],
          [{ balance: 1n, storage: { 3: 0n } }, true, true],
        ];
        for (const [account, succeeds, asks] of cases) {
          const { result, asked } = await runMessage(vm, 'Osaka', { ...world({}), [created]: account as object }, sent);
          expect(result.success).to.equal(succeeds);
          expect(asked.filter((location) => location.startsWith('hasStorage'))).to.deep.equal(
            asks ? [`hasStorage ${created}`] : [],
          );
        }
      });

      it('gives EIP-2200 an original value of 0 and asks the view for no slot of a new account', async () => {
        const init = assembleHex(push(1), push(1), SSTORE, push(0), push(1), SSTORE);
        const { result, asked } = await runMessage(
          vm,
          'London',
          world({}),
          message({ to: null, data: deployer(runtime, init) }),
        );
        expect(result.refund).to.equal(19_900n);
        expect(asked.some((location) => location.startsWith('slot'))).to.equal(false);
      });

      it('forgets the reset of a creation that reverts', async () => {
        const init = assemble(push(1), push(1), SSTORE, push(0), push(0), 'fd');
        const { writes } = await runMessage(vm, 'Osaka', world({}), message({ to: null, data: init }));
        expect(writes).to.deep.equal({ [`basics ${SENDER}`]: `nonce 6 balance ${ETHER}` });
      });

      it('creates by CREATE and CREATE2', async () => {
        // mstore8(0, 0): init code of one STOP, deployed as empty code; the address goes to slots 0 and 1
        const code = assemble(
          push(1),
          push(0),
          push(0),
          'f0',
          push(0),
          SSTORE,
          push(7),
          push(1),
          push(0),
          push(0),
          'f5',
          push(1),
          SSTORE,
        );
        const { writes } = await runMessage(vm, 'Constantinople', world({ code }));
        const second = bytesToHex(
          keccak256(
            assemble('ff', TARGET.slice(2), '7'.padStart(64, '0'), bytesToHex(keccak256(new Uint8Array(1))).slice(2)),
          ).slice(12),
        );
        expect(writes[`slot ${TARGET} 0`]).to.equal(BigInt(FIRST_CHILD_OF_TARGET).toString());
        expect(writes[`slot ${TARGET} 1`]).to.equal(BigInt(second).toString());
        expect(writes[`basics ${FIRST_CHILD_OF_TARGET}`]).to.equal('nonce 1 balance 0');
        expect(writes[`basics ${second}`]).to.equal('nonce 1 balance 0');
        expect(writes[`basics ${TARGET}`]).to.equal('nonce 3 balance 0');
      });
    });

    describe('SELFDESTRUCT', () => {
      const suicide = assemble(push(OTHER), 'ff');

      for (const fork of ['Frontier', 'EIP158', 'Shanghai'] as const) {
        it(`deletes any account in ${fork}`, async () => {
          const state = world({ code: suicide, balance: 9n, storage: { 1: 1n } });
          const { writes } = await runMessage(vm, fork, state);
          expect(writes).to.deep.equal({
            [`basics ${OTHER}`]: 'nonce 0 balance 9',
            [`basics ${SENDER}`]: `nonce 6 balance ${ETHER}`,
            [`basics ${TARGET}`]: 'absent',
            [`code ${TARGET}`]: '0x',
            [`reset ${TARGET}`]: '',
          });
        });
      }

      it('only moves the balance from Cancun on (EIP-6780)', async () => {
        const { writes } = await runMessage(vm, 'Cancun', world({ code: suicide, balance: 9n, storage: { 1: 1n } }));
        expect(writes).to.deep.equal({
          [`basics ${OTHER}`]: 'nonce 0 balance 9',
          [`basics ${SENDER}`]: `nonce 6 balance ${ETHER}`,
          [`basics ${TARGET}`]: 'nonce 1 balance 0',
        });
      });

      it('deletes an account created in the same transaction in every fork, with ether sent to it later', async () => {
        for (const fork of ['Homestead', 'Shanghai', 'Cancun', 'Osaka'] as Fork[]) {
          // TARGET creates a child whose init code destroys itself, then sends it 5 wei
          const init = bytesToHex(suicide).slice(2);
          const code = assemble(
            push(`0x${init}`),
            push(0),
            '52',
            push(init.length / 2),
            push(32 - init.length / 2),
            push(2),
            'f0',
            push(0),
            push(0),
            push(0),
            push(0),
            push(5),
            '85',
            push(100_000),
            'f1',
            '00',
          );
          const { result, writes } = await runMessage(vm, fork, world({ code, balance: 100n }));
          expect(result.success).to.equal(true);
          expect(writes[`basics ${TARGET}`]).to.equal('nonce 2 balance 93');
          expect(writes[`basics ${OTHER}`]).to.equal('nonce 0 balance 2');
          expect(writes).to.not.have.property(`basics ${FIRST_CHILD_OF_TARGET}`);
        }
      });

      it('keeps what a reverted frame destroyed', async () => {
        const code = assemble(
          push(0),
          push(0),
          push(0),
          push(0),
          push(0),
          push(ABSENT_ADDRESS),
          '5a',
          'f1',
          push(0),
          push(0),
          'fd',
        );
        const { writes } = await runMessage(vm, 'Istanbul', {
          ...world({ code }),
          [ABSENT_ADDRESS]: { code: suicide },
        });
        expect(writes).to.deep.equal({ [`basics ${SENDER}`]: `nonce 6 balance ${ETHER}` });
      });
    });

    describe('EIP-161', () => {
      const call = (to: Hex) => assemble(push(0), push(0), push(0), push(0), push(0), push(to), '5a', 'f1', '00');

      it('creates what is touched before, and deletes what is touched and empty afterwards', async () => {
        const absent = world({ code: call(ABSENT_ADDRESS) });
        expect((await runMessage(vm, 'EIP150', absent)).writes[`basics ${ABSENT_ADDRESS}`]).to.equal(
          'nonce 0 balance 0',
        );
        expect((await runMessage(vm, 'EIP158', absent)).writes).to.deep.equal({
          [`basics ${SENDER}`]: `nonce 6 balance ${ETHER}`,
        });
        const empty = { ...absent, [ABSENT_ADDRESS]: {} };
        expect((await runMessage(vm, 'EIP150', empty)).writes).to.not.have.property(`basics ${ABSENT_ADDRESS}`);
        const deleted = (await runMessage(vm, 'EIP158', empty)).writes;
        expect(deleted[`basics ${ABSENT_ADDRESS}`]).to.equal('absent');
        expect(deleted).to.have.property(`reset ${ABSENT_ADDRESS}`);
      });

      it('forgets touches of a reverted frame, except that of RIPEMD-160', async () => {
        const ripemd: Hex = '0x0000000000000000000000000000000000000003';
        for (const [to, survives] of [
          [ABSENT_ADDRESS, true],
          [ripemd, false],
        ] as const) {
          const inner = assemble(bytesToHex(call(to)).slice(2, -2), push(0), push(0), 'fd');
          const state = { ...world({ code: call(OTHER) }), [OTHER]: { code: inner }, [to]: {} };
          const { writes } = await runMessage(vm, 'EIP158', state);
          expect(writes[`basics ${to}`]).to.equal(survives ? undefined : 'absent');
        }
      });

      it('touches on the caller’s behalf', () => {
        const run = (fork: Fork, state: TestState) => {
          vm.begin(environment(fork), new MemoryView(state));
          expect(vm.load(hexToBytes(OTHER))).to.equal(READ_OK);
          vm.touch(hexToBytes(OTHER));
          expect(vm.finish()).to.equal(READ_OK);
          const writes = new Writes();
          vm.writes(writes);
          return writes.toObject();
        };
        expect(run('Homestead', {})).to.deep.equal({ [`basics ${OTHER}`]: 'nonce 0 balance 0' });
        expect(run('Homestead', { [OTHER]: {} })).to.deep.equal({});
        expect(run('London', {})).to.deep.equal({});
        expect(run('London', { [OTHER]: {} })).to.deep.equal({ [`basics ${OTHER}`]: 'absent', [`reset ${OTHER}`]: '' });
        expect(run('London', { [OTHER]: { balance: 1n } })).to.deep.equal({});
      });
    });

    describe('the access set (EIP-2929)', () => {
      const code = assemble(push(1), SLOAD, push(OTHER), '31');

      it('charges cold access once, and nothing for what the transaction warmed', async () => {
        const state = world({ code });
        const cold = await runMessage(vm, 'Berlin', state);
        vm.begin(environment('Berlin'), new MemoryView(state));
        vm.load(hexToBytes(SENDER));
        vm.warmAddress(hexToBytes(OTHER));
        vm.warmSlot(hexToBytes(TARGET), hexToBytes('1'.padStart(64, '0')));
        vm.start(message());
        expect(await vm.run()).to.equal(RUN_DONE);
        expect(vm.result().gasLeft - cold.result.gasLeft).to.equal(2000n + 2500n);
        const again = await runMessage(vm, 'Berlin', state);
        expect(again.result.gasLeft).to.equal(cold.result.gasLeft);
      });

      it('holds the precompiles', async () => {
        const gas = async (address: number) =>
          (await runMessage(vm, 'Berlin', world({ code: assemble(push(address), '31') }))).result.gasLeft;
        expect((await gas(9)) - (await gas(10))).to.equal(2500n);
      });
    });
  });

function assembleHex(...pieces: string[]): string {
  return pieces.join('');
}
