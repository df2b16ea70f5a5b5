import { expect } from 'chai';
import { Setups } from 'ox/trusted-setups';
import { bytesToHex, concatBytes, hexToBytes } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import { evaluatePoint, TRUSTED_SETUP_G2 } from '../../src/vm/ethereumjs/pointEvaluation.js';
import type { MessageResult, Vm } from '../../src/vm/vm.js';
import { message, runMessage, SENDER } from './vm-harness.js';
import { MACHINES } from './vm-machines.js';

/** The vector of EIP-4844's reference client tests named mainnet_1: a proof from a mainnet blob. */
const MAINNET_PROOF = hexToBytes(
  '018156b94fe9735e573bab36dad05d60feb720d424ccd20aaf719343c31e4246019123bcb9d06356701f7be08b4494625b87a7b02edc566126fb81f6306e915f6c2eb1e94c2532935b8465351ba1bd88eabe2b3fa1aadff7d1cd816e8315bd38a9546d41993e10df2a7429b8490394ea9ee62807bae6f326d1044a51581306f58d4b9dfd5931e044688855280ff3799ea2ea83d9391e0ee42e0c650acc7a1f842a7d385189485ddb4fd54ade3d9fd50d608167dca6c776aad4b8ad5c20691bfe',
);

/** The constant polynomial 2: its proof is the point at infinity. */
const TWOS = hexToBytes(
  '01cf45213dd7b4716864d378f3c6d861467987e4d94b7f79a1f814a697e38637564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d363060000000000000000000000000000000000000000000000000000000000000002a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4ec00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
);

const POINT_EVALUATION_OUTPUT =
  '0x000000000000000000000000000000000000000000000000000000000000100073eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001';

for (const { name, create } of MACHINES)
  describe(`vm/${name}, precompiles`, () => {
    let vm: Vm;
    before(async () => {
      vm = await create();
    });

    async function call(fork: Fork, address: number, data: Uint8Array): Promise<MessageResult> {
      const to = hexToBytes(address.toString(16).padStart(40, '0'));
      return (await runMessage(vm, fork, { [SENDER]: { balance: 1n } }, message({ to, data }))).result;
    }

    it('takes [τ]G2 from the mainnet ceremony', () => {
      // Compressed: flags and x.c1, then x.c0; the EIP-2537 form has x.c0 before x.c1, padded to 64 bytes.
      const compressed = Setups.mainnet.g2_monomial.slice(96, 192);
      const x = concatBytes(TRUSTED_SETUP_G2.slice(80, 128), TRUSTED_SETUP_G2.slice(16, 64));
      const largerY = ((compressed[0] as number) & 0x20) !== 0;
      compressed[0] = (compressed[0] as number) & 0x1f;
      expect(bytesToHex(compressed)).to.equal(bytesToHex(x));
      const half = hexToBytes(
        '0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd556',
      );
      expect(bytesToHex(TRUSTED_SETUP_G2.slice(208, 256)) >= bytesToHex(half)).to.equal(largerY);
    });

    it('evaluates points (EIP-4844)', async () => {
      for (const input of [MAINNET_PROOF, TWOS]) {
        const result = await call('Cancun', 0x0a, input);
        expect(result).to.deep.include({ success: true, gasLeft: 950_000n });
        expect(bytesToHex(result.output)).to.equal(POINT_EVALUATION_OUTPUT);
      }
      expect((await call('Shanghai', 0x0a, TWOS)).output).to.have.length(0);
    });

    it('refuses wrong points, each for its own reason', async () => {
      const changed = (at: number, value: number) => {
        const input = MAINNET_PROOF.slice();
        input[at] = value;
        return input;
      };
      expect(evaluatePoint(MAINNET_PROOF.slice(1))).to.equal('length');
      expect(evaluatePoint(changed(0, 2))).to.equal('commitment');
      expect(evaluatePoint(changed(95, (MAINNET_PROOF[95] as number) ^ 1))).to.equal('proof');
      expect(evaluatePoint(changed(32, 0xff))).to.equal('inputs');
      expect(evaluatePoint(changed(64, 0xff))).to.equal('inputs');
      expect(evaluatePoint(changed(144, 0x1f))).to.equal('inputs');
      expect(evaluatePoint(changed(144, 0xc0))).to.equal('inputs');
      const result = await call('Osaka', 0x0a, changed(95, (MAINNET_PROOF[95] as number) ^ 1));
      expect(result).to.deep.include({ success: false, gasLeft: 0n });
      expect(result.halt).to.be.a('string');
    });

    it('adds on bn254 (EIP-196)', async () => {
      const one = '1'.padStart(64, '0');
      const two = '2'.padStart(64, '0');
      const result = await call('Istanbul', 6, hexToBytes(one + two + one + two));
      expect(result.gasLeft).to.equal(999_850n);
      expect(bytesToHex(result.output)).to.equal(
        '0x030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd315ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4',
      );
    });

    it('pairs on BLS12-381 (EIP-2537)', async () => {
      const result = await call('Prague', 0x0f, new Uint8Array(384));
      expect(result.gasLeft).to.equal(1_000_000n - 70_300n);
      expect(result.output[31]).to.equal(1);
    });

    it('adds on BLS12-381: a point and infinity', async () => {
      const generator =
        '0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb' +
        '0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1';
      const result = await call('Prague', 0x0b, hexToBytes(generator + '00'.repeat(128)));
      expect(result.gasLeft).to.equal(999_625n);
      expect(bytesToHex(result.output)).to.equal(`0x${generator}`);
    });

    it('hashes, recovers and exponentiates', async () => {
      expect(bytesToHex((await call('Frontier', 2, new Uint8Array(0))).output)).to.equal(
        '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      );
      expect(bytesToHex((await call('Frontier', 3, new Uint8Array(0))).output)).to.equal(
        '0x0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31',
      );
      const modexp = `${['1', '1', '1'].map((n) => n.padStart(64, '0')).join('')}030507`;
      expect(bytesToHex((await call('Osaka', 5, hexToBytes(modexp))).output)).to.equal('0x05');
      expect((await call('Frontier', 1, new Uint8Array(128))).output).to.have.length(0);
    });
  });
