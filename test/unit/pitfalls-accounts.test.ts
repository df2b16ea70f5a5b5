/**
 * Correctness pitfalls 7 to 18: which accounts exist, and what destruction, creation and EIP-7702 leave
 * of them and of their storage.
 */
import { expect } from 'chai';
import { assemble, initCode } from '../../corpus/assemble.js';
import { type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import {
  authorization,
  blockOf,
  busy,
  busyGas,
  callGas,
  callOf,
  changeOf,
  contract,
  created2By,
  delegate,
  delegated,
  EMPTY_CODE_HASH,
  gasOf,
  logged,
  PRECOMPILE_ACCOUNT,
  place,
  send,
  sender,
  senders,
  slotAfter,
  statusOf,
  stranger,
  useRig,
  valid,
  wallet,
  words,
} from '../support/conflict-block.js';

const FACTORY = place(0);
const KILLER = place(1);
const SALT = 5n;

/** Calldata is init code: CREATE2 with 3 wei; its answer goes to the caller's slot. */
const FACTORY_CODE = `CALLDATASIZE 0 0 CALLDATACOPY ${SALT} CALLDATASIZE 0 3 CREATE2 CALLER SSTORE`;

/** No calldata: logs slots 1 to 3. Word 1: SELFDESTRUCT to the caller. Another word: writes 7 to slot 2. */
const VICTIM_CODE = `
  CALLDATASIZE ISZERO @probe JUMPI
  0 CALLDATALOAD 1 EQ @kill JUMPI
  7 2 SSTORE STOP
  kill: CALLER SELFDESTRUCT
  probe: 1 SLOAD 0 MSTORE 2 SLOAD 0x20 MSTORE 3 SLOAD 0x40 MSTORE 0x60 0 LOG0
`;
const VICTIM_INIT = initCode(assemble(VICTIM_CODE));
/** Where the factory makes its victim, and where tests put one that exists already. */
const VICTIM = created2By(FACTORY, SALT, VICTIM_INIT);

/** Calls the victim with one word of calldata, after a while. */
const slowly = (word: number, victim = VICTIM): string =>
  `${busy()} ${word} 0 MSTORE 0 0 0x20 0 0 ${victim} GAS CALL POP`;

const world = {
  ...senders(10),
  [FACTORY]: contract(FACTORY_CODE, { balance: 100n }),
  [KILLER]: contract(slowly(1)),
};
const create = (n: number, init: Hex = VICTIM_INIT) => send(sender(n), FACTORY, { data: hexToBytes(init) });

describe('pitfalls: accounts', function () {
  this.timeout(60_000);
  const rig = useRig(this);

  for (const fork of ['Homestead', 'EIP150'] as const) {
    it(`pitfall 7: before EIP-161 an empty account is not an absent one (${fork})`, async () => {
      const caller = place(3);
      const accounts = {
        ...senders(2),
        ...PRECOMPILE_ACCOUNT,
        [place(2)]: contract(`${busy()} ${callOf(stranger(0), 0n, '0')}`),
        [caller]: contract(callOf(stranger(0), 0n, '0')),
      };
      const block = blockOf(fork, [send(sender(0), place(2)), send(sender(1), caller)]);
      const outcome = valid((await rig.agree(accounts, block)).result);
      const call = 7n * 3n + callGas(fork);
      // The first call creates the account, empty as it is, for 25,000; to the second it exists.
      expect(gasOf(outcome)).to.deep.equal([21_000n + busyGas(fork) + call + 25_000n, 21_000n + call]);
      expect(changeOf(outcome, stranger(0))).to.deep.include({ before: null, after: { nonce: 0n, balance: 0n } });
    });
  }

  it('pitfall 8: after EIP-161 a touched empty account goes, and later transactions see that', async () => {
    const payer = place(3);
    const accounts = {
      ...world,
      // Storage in an account that is empty otherwise: as long as it is there, nothing can be created (EIP-7610).
      [VICTIM]: wallet({ storage: { 1: 9n } }),
      [place(2)]: contract(`${busy()} ${callOf(VICTIM, 0n)} ${callOf(stranger(0), 0n)}`),
      [payer]: contract(callOf(stranger(0), 1n, '0'), { balance: 1n }),
    };
    const block = blockOf('Istanbul', [
      send(sender(0), place(2)),
      create(1),
      send(sender(2), VICTIM),
      send(sender(3), payer),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(slotAfter(outcome, FACTORY, sender(1)), 'the creation went well').to.equal(BigInt(VICTIM));
    expect(logged(outcome, 2)).to.deep.equal([[0n, 0n, 0n]]);
    expect([...(changeOf(outcome, VICTIM)?.storage.values() ?? [])]).to.deep.equal([{ before: 9n, after: 0n }]);
    // The absent account was touched and not created: the first payment to it costs 25,000 more (EIP-161).
    expect(gasOf(outcome)[3]).to.equal(21_000n + 7n * 3n + 700n + 9_000n + 25_000n - 2_300n);
    expect(changeOf(outcome, stranger(0))).to.deep.include({ before: null, after: { nonce: 0n, balance: 1n } });
  });

  it('pitfall 9: an account exists by its nonce, its balance or its code', async () => {
    const [spender, coder, owner] = [sender(9), place(4), stranger(1)];
    const payers = [spender, coder, owner].map(
      (to, i) => [place(5 + i), contract(callOf(to, 1n, '0'), { balance: 1n })] as const,
    );
    const accounts = {
      ...senders(6),
      [spender]: wallet({ balance: 1000n }),
      [place(2)]: contract(busy()),
      // Nonce 0. Paid, it does nothing; else it gives away what it has.
      [coder]: contract(`CALLVALUE @done JUMPI ${callOf(stranger(2), 'SELFBALANCE')} done: STOP`, {
        nonce: 0n,
        balance: 5n,
      }),
      [place(3)]: contract(`${busy(1)} ${callOf(coder)}`),
      [place(8)]: contract(`${busy(1)} ${callOf(owner, 1n)}`, { balance: 1n }),
      ...Object.fromEntries(payers),
    };
    const block = blockOf('Istanbul', [
      send(spender, place(2), { value: 1000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n }),
      send(sender(1), place(3)),
      send(sender(2), place(8)),
      ...payers.map(([payer], i) => send(sender(3 + i), payer)),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    const call = 21_000n + 7n * 3n + 700n + 9_000n - 2_300n;
    // The contract looks whether it was paid: CALLVALUE 2, PUSH2 3, JUMPI 10, JUMPDEST 1.
    expect(gasOf(outcome).slice(3)).to.deep.equal([call, call + 16n, call]);
    expect(changeOf(outcome, spender)?.after).to.deep.equal({ nonce: 1n, balance: 1n });
    expect(changeOf(outcome, coder)?.after).to.deep.equal({ nonce: 0n, balance: 1n });
    expect(changeOf(outcome, coder)?.code).to.equal(undefined);
    expect(changeOf(outcome, owner)?.after).to.deep.equal({ nonce: 0n, balance: 2n });
  });

  it('pitfall 10: later transactions see the storage of a destroyed contract wiped', async () => {
    const init = initCode(assemble(VICTIM_CODE), '5 3 SSTORE');
    const victim = created2By(FACTORY, SALT, init);
    const accounts = {
      ...world,
      [victim]: contract(VICTIM_CODE, { storage: { 1: 9n } }),
      [KILLER]: contract(slowly(1, victim)),
    };
    const block = blockOf('Shanghai', [
      send(sender(0), victim, { data: words(2n) }),
      send(sender(1), victim),
      send(sender(2), KILLER),
      create(3, init),
      send(sender(4), victim),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(logged(outcome, 1), 'before').to.deep.equal([[9n, 7n, 0n]]);
    expect(logged(outcome, 4), 'after: slot 3 is the new one’s own').to.deep.equal([[0n, 0n, 5n]]);
    expect(changeOf(outcome, victim)?.after).to.deep.equal({ nonce: 1n, balance: 3n });
    expect(
      [...(changeOf(outcome, victim)?.storage.entries() ?? [])].map(([slot, v]) => [BigInt(slot), v]),
    ).to.deep.equal([
      [1n, { before: 9n, after: 0n }],
      [3n, { before: 0n, after: 5n }],
    ]);
  });

  it('pitfall 11: a reset is no slot of the account, and is read where the base is zero', async () => {
    const most = (1n << 256n) - 1n;
    const probe = (slots: readonly (bigint | Hex)[]): string =>
      slots.map((slot, i) => `${slot} SLOAD ${32 * i} MSTORE`).join(' ');
    // Slots that a careless marker might use: the ends of the range, and the address itself.
    const slots = [0n, most, most - 1n, 'ADDRESS', 1n << 160n, 1n << 255n];
    const source = `
      CALLDATASIZE ISZERO @probe JUMPI
      0 CALLDATALOAD 1 EQ @kill JUMPI
      ${slots.map((slot) => `6 ${slot} SSTORE`).join(' ')} STOP
      kill: CALLER SELFDESTRUCT
      probe: ${probe(slots as readonly bigint[])} ${32 * slots.length} 0 LOG0
    `;
    const init = initCode(assemble(source));
    const victim = created2By(FACTORY, SALT, init);
    const accounts = { ...world, [victim]: contract(source), [place(2)]: contract(slowly(2, victim)) };
    const block = blockOf('Shanghai', [
      send(sender(0), place(2)),
      send(sender(1), victim),
      send(sender(2), victim, { data: words(1n) }),
      create(3, init),
      send(sender(4), victim),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(statusOf(outcome)).to.deep.equal([true, true, true, true, true]);
    expect(logged(outcome, 1)).to.deep.equal([slots.map(() => 6n)]);
    expect(logged(outcome, 4)).to.deep.equal([slots.map(() => 0n)]);
    expect(changeOf(outcome, victim)?.storage.size).to.equal(0);
  });

  it('pitfall 12: a destruction hidden behind a later revival still invalidates', async () => {
    // After the revival the account has the nonce, balance and code that it had before the block.
    const accounts = { ...world, [VICTIM]: contract(VICTIM_CODE, { balance: 3n, storage: { 1: 9n } }) };
    const block = blockOf('Shanghai', [send(sender(0), KILLER), create(1), send(sender(2), VICTIM)]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(slotAfter(outcome, FACTORY, sender(1))).to.equal(BigInt(VICTIM));
    expect(logged(outcome, 2)).to.deep.equal([[0n, 0n, 0n]]);
    const same = { nonce: 1n, balance: 3n };
    expect(changeOf(outcome, VICTIM)).to.deep.include({ before: same, after: same });
    expect(changeOf(outcome, VICTIM)?.code).to.equal(undefined);
    expect([...(changeOf(outcome, VICTIM)?.storage.values() ?? [])]).to.deep.equal([{ before: 9n, after: 0n }]);
  });

  it('pitfall 13: a transfer to a destroyed address revives it with nonce 0', async () => {
    const prober = place(2);
    const look = ['EXTCODESIZE', 'EXTCODEHASH', 'BALANCE'];
    const accounts = {
      ...world,
      [VICTIM]: contract(VICTIM_CODE, { balance: 40n, storage: { 1: 9n } }),
      [prober]: contract(`${look.map((op, i) => `${VICTIM} ${op} ${32 * i} MSTORE`).join(' ')} 0x60 0 LOG0`),
    };
    // With 21,000 gas the transfer cannot run any code: it succeeds only if there is none.
    const block = blockOf('Istanbul', [
      send(sender(0), KILLER),
      send(sender(1), VICTIM, { value: 3n, gasLimit: 21_000n }),
      send(sender(2), prober),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(statusOf(outcome)).to.deep.equal([true, true, true]);
    expect(logged(outcome, 2)).to.deep.equal([[0n, EMPTY_CODE_HASH, 3n]]);
    const change = changeOf(outcome, VICTIM);
    expect(change?.after).to.deep.equal({ nonce: 0n, balance: 3n });
    expect(change?.code?.after).to.have.length(0);
    expect([...(change?.storage.values() ?? [])]).to.deep.equal([{ before: 9n, after: 0n }]);
    expect(changeOf(outcome, KILLER)?.after).to.deep.equal({ nonce: 1n, balance: 40n });
  });

  it('pitfall 14: ether received after creation and destruction in one transaction vanishes', async () => {
    const [maker, prober, heir] = [place(2), place(3), stranger(0)];
    const init = initCode(assemble('CALLDATASIZE @kill JUMPI STOP kill: 0 CALLDATALOAD SELFDESTRUCT'));
    const child = created2By(maker, SALT, init);
    const accounts = {
      ...world,
      // It has 50 wei before anything is created there.
      [child]: wallet({ balance: 50n }),
      [maker]: contract(
        `${busy()}
        CALLDATASIZE 0 0 CALLDATACOPY ${SALT} CALLDATASIZE 0 3 CREATE2
        ${heir} 0 MSTORE 0 0 0x20 0 0 DUP6 GAS CALL POP
        0 0 0 0 1 DUP6 GAS CALL CALLER SSTORE`,
        { balance: 10n },
      ),
      [prober]: contract(`${child} BALANCE 0 MSTORE 0x20 0 LOG0`),
    };
    const block = blockOf('Cancun', [
      send(sender(0), maker, { data: hexToBytes(init) }),
      send(sender(1), prober),
      send(sender(2), child, { value: 4n, gasLimit: 21_000n }),
      send(sender(3), prober),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(slotAfter(outcome, maker, sender(0)), 'it was sent').to.equal(1n);
    expect([logged(outcome, 1), logged(outcome, 3)]).to.deep.equal([[[0n]], [[4n]]]);
    expect(changeOf(outcome, heir)?.after).to.deep.equal({ nonce: 0n, balance: 53n });
    expect(changeOf(outcome, maker)?.after).to.deep.equal({ nonce: 2n, balance: 6n });
    expect(changeOf(outcome, child)).to.deep.include({
      before: { nonce: 0n, balance: 50n },
      after: { nonce: 0n, balance: 4n },
    });
  });

  for (const dies of [false, true]) {
    const name = dies ? 'only the second incarnation destroys' : 'only the first incarnation destroys';
    it(`pitfall 15: a destruction is part of the write set (${name})`, async () => {
      // The flag: set after a while by one transaction, asked for by the next.
      const flag = place(2);
      const source = `
        CALLDATASIZE ISZERO @probe JUMPI
        0x20 0 0 0 0 ${flag} GAS CALL POP 0 MLOAD ${dies ? '' : 'ISZERO'} @kill JUMPI STOP
        kill: CALLER SELFDESTRUCT
        probe: 1 SLOAD 0 MSTORE 0x20 0 LOG0
      `;
      const init = initCode(assemble(source));
      const victim = created2By(FACTORY, SALT, init);
      const accounts = {
        ...world,
        [flag]: contract(`CALLDATASIZE @set JUMPI 0 SLOAD 0 MSTORE 0x20 0 RETURN set: ${busy()} 1 0 SSTORE`),
        [victim]: contract(source, { storage: { 1: 9n } }),
      };
      const block = blockOf('Shanghai', [
        send(sender(0), flag, { data: words(1n) }),
        send(sender(1), victim, { data: words(1n) }),
        send(sender(2), victim),
        create(3, init),
      ]);
      // A reset that only a speculative run wrote is what the first case is about.
      const { result, runs } = await rig.agree(
        accounts,
        block,
        ({ resets, reexecutions }) => resets > 0 && reexecutions > 0,
      );
      const outcome = valid(result);
      const alone = runs.filter(({ threads }) => threads === 1).map(({ result: { stats } }) => stats.resets > 0);
      expect(alone, 'resets of the serial order').to.deep.equal([dies, dies]);
      expect(logged(outcome, 2)).to.deep.equal(dies ? [] : [[9n]]);
      expect(slotAfter(outcome, FACTORY, sender(3))).to.equal(dies ? BigInt(victim) : undefined);
      expect([...(changeOf(outcome, victim)?.storage.values() ?? [])]).to.deep.equal(
        dies ? [{ before: 9n, after: 0n }] : [],
      );
      if (!dies) expect(changeOf(outcome, victim)).to.equal(undefined);
    });
  }

  it('pitfall 16: after EIP-6780 only what the same transaction created dies', async () => {
    const [maker, prober] = [place(2), place(3)];
    const child = created2By(maker, SALT, VICTIM_INIT);
    const accounts = {
      ...world,
      [FACTORY]: contract(`${busy()} ${FACTORY_CODE}`, { balance: 100n }),
      [maker]: contract(
        `CALLDATASIZE 0 0 CALLDATACOPY ${SALT} CALLDATASIZE 0 0 CREATE2
        1 0 MSTORE 0 0 0x20 0 0 DUP6 GAS CALL POP CALLER SSTORE`,
      ),
      [prober]: contract(`${child} EXTCODESIZE 0 MSTORE ${VICTIM} EXTCODESIZE 0x20 MSTORE 0x40 0 LOG0`),
    };
    const block = blockOf('Cancun', [
      create(0),
      // Created by the transaction before: its ether goes to the caller, and it stays.
      send(sender(1), VICTIM, { data: words(1n) }),
      send(sender(2), VICTIM, { data: words(2n) }),
      send(sender(3), VICTIM),
      // Created and destroyed at once.
      send(sender(4), maker, { data: hexToBytes(VICTIM_INIT) }),
      send(sender(5), prober),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(logged(outcome, 3)).to.deep.equal([[0n, 7n, 0n]]);
    expect(slotAfter(outcome, maker, sender(4))).to.equal(BigInt(child));
    expect(logged(outcome, 5)).to.deep.equal([[0n, BigInt(hexToBytes(assemble(VICTIM_CODE)).length)]]);
    expect(changeOf(outcome, VICTIM)).to.deep.include({ before: null, after: { nonce: 1n, balance: 0n } });
    expect(changeOf(outcome, child)).to.equal(undefined);
  });

  it('pitfall 17: a creation resets storage', async () => {
    // The constructor adds 7 to slot 7: what survived would show.
    const init = initCode(assemble(VICTIM_CODE), '3 SLOAD 7 ADD 3 SSTORE');
    const victim = created2By(FACTORY, SALT, init);
    const accounts = {
      ...world,
      [victim]: contract(VICTIM_CODE, { storage: { 1: 9n, 3: 1n } }),
      [KILLER]: contract(slowly(1, victim)),
    };
    const block = blockOf('Shanghai', [
      send(sender(0), KILLER),
      create(1, init),
      send(sender(2), victim),
      send(sender(3), victim, { data: words(1n) }),
      create(4, init),
      send(sender(5), victim),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect([logged(outcome, 2), logged(outcome, 5)]).to.deep.equal([[[0n, 0n, 7n]], [[0n, 0n, 7n]]]);
    expect(slotAfter(outcome, FACTORY, sender(4))).to.equal(BigInt(victim));
  });

  it('pitfall 17: an EIP-7702 code change leaves storage alone', async () => {
    const [authority, slow, x, y] = [stranger(5), place(2), place(3), place(4)];
    const accounts = {
      ...senders(8),
      [slow]: contract(busy()),
      [x]: contract('1 SLOAD 0 MSTORE 0x20 0 LOG0'),
      [y]: contract('1 SLOAD 1 ADD DUP1 1 SSTORE 0 MSTORE 0x20 0 LOG0'),
      [authority]: delegated(x, { nonce: 1n, storage: { 1: 9n } }),
    };
    const block = blockOf('Prague', [
      delegate(sender(0), slow, [authorization(authority, y, 1n)]),
      send(sender(1), authority),
      delegate(sender(2), stranger(6), [authorization(authority, x, 2n)]),
      send(sender(3), authority),
      delegate(sender(4), stranger(6), [authorization(authority, stranger(0), 3n)]),
      delegate(sender(5), stranger(6), [authorization(authority, `0x${'00'.repeat(20)}`, 4n)]),
      delegate(sender(6), stranger(6), [authorization(authority, x, 5n)]),
      send(sender(7), authority),
    ]);
    const { result, stats } = await rig.agree(accounts, block);
    const outcome = valid(result);
    expect([1, 3, 7].map((i) => logged(outcome, i))).to.deep.equal([[[10n]], [[10n]], [[10n]]]);
    expect(changeOf(outcome, authority)).to.deep.include({
      before: { nonce: 1n, balance: 0n },
      after: { nonce: 6n, balance: 0n },
    });
    expect(changeOf(outcome, authority)?.code).to.equal(undefined);
    expect([...(changeOf(outcome, authority)?.storage.values() ?? [])]).to.deep.equal([{ before: 9n, after: 10n }]);
    expect(stats.resets).to.equal(0);
  });

  it('pitfall 18: whether an address has storage (EIP-7610) is a read that a destruction invalidates', async () => {
    const guarded = created2By(FACTORY, SALT, '0x00');
    const accounts = {
      ...world,
      [VICTIM]: contract(VICTIM_CODE, { storage: { 1: 9n, 2: 8n } }),
      [guarded]: wallet({ balance: 1n, storage: { 4: 4n } }),
    };
    const block = blockOf('Shanghai', [
      send(sender(0), KILLER),
      // Neither nonce nor code after this, so only storage could be in the way of the creation.
      send(sender(1), VICTIM, { value: 2n, gasLimit: 21_000n }),
      create(2),
      send(sender(3), VICTIM),
      // Nothing was ever destroyed here.
      create(4, '0x00'),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(slotAfter(outcome, FACTORY, sender(2))).to.equal(BigInt(VICTIM));
    expect(logged(outcome, 3)).to.deep.equal([[0n, 0n, 0n]]);
    expect(changeOf(outcome, VICTIM)?.after).to.deep.equal({ nonce: 1n, balance: 5n });
    expect(slotAfter(outcome, FACTORY, sender(4)), 'storage in the way').to.equal(undefined);
    expect(changeOf(outcome, guarded)).to.equal(undefined);
  });
});
