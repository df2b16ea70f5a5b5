/** Correctness pitfalls 19 to 25: nonces, funds and EIP-7702 under speculation. */
import { expect } from 'chai';
import { assemble } from '../../corpus/assemble.js';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import {
  anything,
  authorization,
  blockOf,
  busy,
  callOf,
  changeOf,
  contract,
  created2By,
  delegate,
  delegated,
  EMPTY_CODE_HASH,
  ETHER,
  executed,
  gasOf,
  logged,
  PRICE,
  place,
  rejection,
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

const TRANSFER_COST = 21_000n * PRICE;
const ZERO: Hex = `0x${'00'.repeat(20)}`;
const SLOW = place(0);
/** Somebody whom no transaction names as sender or target before it acts. */
const ALICE = stranger(1);
const small = { value: 1n, gasLimit: 21_000n };

const world = { ...senders(10), [SLOW]: contract(busy()) };
/** Logs one number. */
const logger = (source: string) => contract(`${source} 0 MSTORE 0x20 0 LOG0`);

describe('pitfalls: transactions', function () {
  this.timeout(60_000);
  const rig = useRig(this);

  it('pitfall 19: a sender without funds may only be early', async () => {
    const funder = place(1);
    const accounts = { ...world, [funder]: contract(`${busy()} ${callOf(ALICE, ETHER)}`, { balance: ETHER }) };
    const block = blockOf('London', [
      send(sender(0), funder),
      send(ALICE, stranger(2), small),
      send(ALICE, stranger(2), { ...small, nonce: 1n }),
      send(sender(1), stranger(3), small),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(changeOf(outcome, ALICE)).to.deep.include({
      before: null,
      after: { nonce: 2n, balance: ETHER - 2n * (TRANSFER_COST + 1n) },
    });
    expect(changeOf(outcome, stranger(2))?.after).to.deep.equal({ nonce: 0n, balance: 2n });
  });

  it('pitfall 19: a nonce that is too high may only be early', async () => {
    const accounts = { ...world, [ALICE]: wallet({ balance: ETHER }), [place(1)]: logger('1') };
    const block = blockOf('Prague', [
      delegate(sender(0), SLOW, [authorization(ALICE, place(1))]),
      send(ALICE, stranger(2), { ...small, nonce: 1n }),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(changeOf(outcome, ALICE)?.after).to.deep.equal({ nonce: 2n, balance: ETHER - TRANSFER_COST - 1n });
  });

  it('pitfall 19: a sender that stays without funds ends the block, with what it had in the end', async () => {
    const funder = place(1);
    const due = TRANSFER_COST + 1n;
    const accounts = { ...world, [funder]: contract(`${busy()} ${callOf(ALICE, due - 1n)}`, { balance: ETHER }) };
    const block = blockOf('London', [
      send(sender(0), funder),
      send(ALICE, stranger(2), small),
      ...Array.from({ length: 8 }, (_, i) => send(sender(1 + i), stranger(3), small)),
    ]);
    const { result } = await rig.agree(accounts, block);
    expect(rejection(result)).to.deep.equal({ code: 'INSUFFICIENT_ACCOUNT_FUNDS', index: 1 });
    if (!result.ok) expect(result.error.message).to.include(`balance ${due - 1n}, at most ${due} is due`);
  });

  it('pitfall 19: a nonce that stays too high ends the block', async () => {
    const accounts = { ...world, [ALICE]: wallet({ balance: ETHER }), [place(1)]: logger('1') };
    const block = blockOf('Prague', [
      delegate(sender(0), SLOW, [authorization(ALICE, place(1))]),
      send(ALICE, stranger(2), { ...small, nonce: 2n }),
      ...Array.from({ length: 8 }, (_, i) => send(sender(1 + i), stranger(3), small)),
    ]);
    const { result } = await rig.agree(accounts, block);
    expect(rejection(result)).to.deep.equal({ code: 'NONCE_MISMATCH_TOO_HIGH', index: 1 });
    if (!result.ok) expect(result.error.message).to.include("nonce 2, the account's is 1");
  });

  for (const stays of [false, true]) {
    it(`pitfall 20: a nonce too low ${stays ? 'that stays so ends the block' : 'may be that of a run that was wrong'}`, async () => {
      // Alice's delegate creates a contract, which costs her a nonce, unless the flag is set. A slow
      // transaction sets the flag (or clears it), so the first run of the call does the opposite.
      const [flag, creator] = [place(1), place(2)];
      const accounts = {
        ...world,
        [flag]: contract(
          `CALLDATASIZE @set JUMPI 0 SLOAD 0 MSTORE 0x20 0 RETURN set: ${busy()} 0 CALLDATALOAD 0 SSTORE`,
          { storage: { 0: stays ? 1n : 0n } },
        ),
        [creator]: contract(`0x20 0 0 0 0 ${flag} GAS CALL POP 0 MLOAD @done JUMPI 0 0 0 CREATE POP done: 7 1 SSTORE`),
        [ALICE]: delegated(creator, { nonce: 4n, balance: ETHER }),
      };
      const block = blockOf('Prague', [
        send(sender(0), flag, { data: words(stays ? 0n : 1n) }),
        send(sender(1), ALICE),
        send(ALICE, stranger(2), { ...small, nonce: 4n }),
        send(sender(2), stranger(3), small),
      ]);
      const { result } = await rig.agree(accounts, block);
      if (stays) {
        expect(rejection(result)).to.deep.equal({ code: 'NONCE_MISMATCH_TOO_LOW', index: 2 });
        if (!result.ok) expect(result.error.message).to.include("nonce 4, the account's is 5");
        return;
      }
      const outcome = valid(result);
      expect(slotAfter(outcome, ALICE, 1n), 'the call did run').to.equal(7n);
      expect(changeOf(outcome, ALICE)?.after).to.deep.equal({ nonce: 5n, balance: ETHER - TRANSFER_COST - 1n });
    });
  }

  it('pitfall 21: a delegation moved to another target, and cleared, changes the code', async () => {
    const [x, y, prober] = [place(1), place(2), place(3)];
    const accounts = {
      ...world,
      [x]: logger('0x11'),
      [y]: logger('0x22'),
      [prober]: contract(`${ALICE} EXTCODEHASH 0 MSTORE ${ALICE} EXTCODESIZE 0x20 MSTORE 0x40 0 LOG0`),
      [ALICE]: delegated(x),
    };
    const move = (n: number, target: Hex, nonce: bigint) =>
      delegate(sender(n), n === 0 ? SLOW : stranger(5), [authorization(ALICE, target, nonce)]);
    const block = blockOf('Prague', [
      move(0, y, 1n),
      send(sender(1), ALICE),
      move(2, y, 2n),
      send(sender(3), ALICE),
      move(4, ZERO, 3n),
      send(sender(5), ALICE),
      send(sender(6), prober),
      move(7, x, 4n),
      send(sender(8), ALICE),
      move(9, y, 5n),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect([1, 3, 5, 8].map((i) => logged(outcome, i))).to.deep.equal([[[0x22n]], [[0x22n]], [], [[0x11n]]]);
    expect(logged(outcome, 6)).to.deep.equal([[EMPTY_CODE_HASH, 0n]]);
    const change = changeOf(outcome, ALICE);
    expect(change?.after).to.deep.equal({ nonce: 6n, balance: 0n });
    const designators = [change?.code?.before, change?.code?.after].map((code) => bytesToHex(code as Uint8Array));
    expect(designators).to.deep.equal([x, y].map((target) => `0xef0100${target.slice(2)}`));
  });

  it('pitfall 21: a delegation that is cleared leaves no code', async () => {
    const accounts = { ...world, [place(1)]: logger('0x11'), [ALICE]: delegated(place(1)) };
    const block = blockOf('Prague', [
      delegate(sender(0), SLOW, [authorization(ALICE, ZERO, 1n)]),
      send(sender(1), ALICE, { gasLimit: 21_000n }),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(statusOf(outcome)).to.deep.equal([true, true]);
    expect(gasOf(outcome)[1]).to.equal(21_000n);
    expect(changeOf(outcome, ALICE)?.code?.after).to.have.length(0);
  });

  it('pitfall 22: an authority that is also the sender gains two nonces', async () => {
    const [x, y, alice, bob] = [place(1), place(2), sender(0), sender(4)];
    const accounts = { ...world, [x]: logger('0x11'), [y]: logger('0x22') };
    const block = blockOf('Prague', [
      // The sender's own nonce goes up before the tuples are looked at, so 1 is the right one.
      delegate(alice, SLOW, [authorization(alice, x, 1n)]),
      // Valid only if the nonce is 2 by now.
      delegate(sender(1), stranger(5), [authorization(alice, y, 2n)]),
      send(sender(2), alice),
      send(alice, stranger(6), { ...small, nonce: 3n }),
      // The nonce of the transaction itself is the wrong one for the tuple, which is skipped.
      delegate(bob, stranger(5), [authorization(bob, x, 0n)]),
      send(bob, stranger(6), { ...small, nonce: 1n }),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(logged(outcome, 2)).to.deep.equal([[0x22n]]);
    expect(changeOf(outcome, alice)?.after?.nonce).to.equal(4n);
    expect(changeOf(outcome, bob)?.after?.nonce).to.equal(2n);
    expect(changeOf(outcome, bob)?.code).to.equal(undefined);
  });

  for (const fork of ['Shanghai', 'Prague'] as const) {
    it(`authorizations of a transaction of another type are not applied, ${fork}`, async () => {
      const tuples = [authorization(ALICE, place(1)), authorization(sender(1), place(1), 1n)];
      const block = blockOf(fork, [
        send(sender(0), SLOW, { authorizations: tuples }),
        send(sender(1), stranger(2), { type: 2, chainId: 1n, authorizations: tuples }),
        send(ALICE, stranger(2), small),
      ]);
      const accounts = { ...world, [ALICE]: wallet({ balance: ETHER }), [place(1)]: logger('1') };
      const outcome = valid((await rig.agree(accounts, block, anything)).result);
      expect(statusOf(outcome)).to.deep.equal([true, true, true]);
      for (const account of [ALICE, sender(1)]) {
        expect(changeOf(outcome, account)?.after?.nonce, account).to.equal(1n);
        expect(changeOf(outcome, account)?.code, account).to.equal(undefined);
      }
    });
  }

  it('pitfall 23: type-4 transactions and their authorities take no lazy path', async () => {
    const [target, recipient, coinbase] = [place(1), stranger(2), stranger(3)];
    const accounts = {
      ...world,
      [target]: contract('CALLVALUE 0 MSTORE SELFBALANCE 0x20 MSTORE 0x40 0 LOG0'),
    };
    const block = blockOf(
      'Prague',
      [
        delegate(sender(0), SLOW, [authorization(ALICE, target)]),
        // No plain transfer any more: the delegate runs, without gas, and the value goes back.
        send(sender(1), ALICE, { value: 5n, gasLimit: 21_000n }),
        send(sender(2), ALICE, { value: 5n }),
        // Authority and recipient at once.
        delegate(sender(3), recipient, [authorization(recipient, target)], { value: 6n }),
        send(sender(4), recipient, { value: 1n }),
        // The beneficiary as authority, and then as a recipient that runs code.
        delegate(sender(5), stranger(4), [authorization(coinbase, target)]),
        send(sender(6), coinbase, { value: 2n }),
        send(sender(7), stranger(5), small),
      ],
      { coinbase },
    );
    const { result, runs } = await rig.agree(accounts, block);
    const outcome = valid(result);
    expect(statusOf(outcome)).to.deep.equal([true, false, true, true, true, true, true, true]);
    const gas = gasOf(outcome);
    expect(gas[1]).to.equal(21_000n);
    const paid = (count: number): bigint => gas.slice(0, count).reduce((sum, used) => sum + used, 0n) * PRICE;
    expect([2, 3, 4, 6].map((i) => logged(outcome, i))).to.deep.equal([
      [[5n, 5n]],
      [[6n, 6n]],
      [[1n, 7n]],
      [[2n, paid(6) + 2n]],
    ]);
    expect(changeOf(outcome, coinbase)?.after).to.deep.equal({ nonce: 1n, balance: paid(8) + 2n });
    for (const run of runs) {
      expect([5, 6].map((i) => executed(valid(run.result), i).deferredFee)).to.deep.equal([0n, 0n]);
    }
  });

  it('pitfall 24: an authority is a dependency of its own, neither sender nor target', async () => {
    const [counter, proxy] = [place(1), place(2)];
    const accounts = {
      ...world,
      [ALICE]: wallet({ balance: ETHER }),
      [counter]: contract('0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE 0x20 0 LOG0'),
      [proxy]: contract(callOf(ALICE)),
    };
    const block = blockOf('Prague', [
      delegate(sender(0), SLOW, [authorization(ALICE, counter)]),
      send(sender(1), proxy),
      send(ALICE, stranger(2), { ...small, nonce: 1n }),
      delegate(sender(2), SLOW, [authorization(ALICE, ZERO, 2n)]),
      send(sender(3), proxy),
      delegate(sender(4), SLOW, [authorization(ALICE, counter, 3n)]),
      send(sender(5), proxy),
      send(ALICE, stranger(2), { ...small, nonce: 4n, gasLimit: 21_000n }),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect([1, 4, 6].map((i) => logged(outcome, i))).to.deep.equal([[[1n]], [], [[2n]]]);
    expect(slotAfter(outcome, ALICE, 0n)).to.equal(2n);
    expect(changeOf(outcome, ALICE)?.after).to.deep.equal({ nonce: 5n, balance: ETHER - 2n * (TRANSFER_COST + 1n) });
  });

  // Two codes of one length: both jump to the same place, which is an instruction in one and data in the other.
  const jumper = (landing: string): string =>
    `CALLDATASIZE @kill JUMPI 11 JUMP STOP STOP ${landing} 1 0 MSTORE 0x20 0 LOG0 STOP kill: CALLER SELFDESTRUCT`;
  const GOOD = jumper('STOP JUMPDEST');
  const BAD = jumper('0x5b');

  it('pitfall 25: jump destinations belong to the code, not to the address (EIP-7702)', async () => {
    const [good, bad, prober] = [place(1), place(2), place(3)];
    const accounts = {
      ...world,
      [good]: contract(GOOD),
      [bad]: contract(BAD),
      [ALICE]: delegated(good),
      // The hash that the state tells, and the hash of the bytes that it tells, in one transaction.
      [prober]: contract(
        `${ALICE} EXTCODEHASH 0 MSTORE 23 0 0x20 ${ALICE} EXTCODECOPY 23 0x20 KECCAK256 0 MLOAD EQ CALLER SSTORE
        0x1000000000000000000000000 0x23 MLOAD DIV 0 MSTORE 0x20 0 LOG0`,
      ),
    };
    expect(assemble(GOOD)).to.have.length(assemble(BAD).length);
    const block = blockOf('Prague', [
      send(sender(0), ALICE),
      delegate(sender(1), SLOW, [authorization(ALICE, bad, 1n)]),
      send(sender(2), ALICE),
      send(sender(3), prober),
      delegate(sender(4), SLOW, [authorization(ALICE, good, 2n)]),
      send(sender(5), prober),
      send(sender(6), ALICE),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect([0, 2, 6].map((i) => executed(outcome, i).success)).to.deep.equal([true, false, true]);
    expect([0, 2, 6].map((i) => logged(outcome, i))).to.deep.equal([[[1n]], [], [[1n]]]);
    expect([3, 5].map((i) => slotAfter(outcome, prober, sender(i)))).to.deep.equal([1n, 1n]);
    expect([3, 5].map((i) => logged(outcome, i))).to.deep.equal([[[BigInt(bad)]], [[BigInt(good)]]]);
  });

  it('pitfall 25: jump destinations belong to the code, not to the address (destroyed and created anew)', async () => {
    const [factory, good, bad, killer] = [place(1), place(2), place(3), place(4)];
    // One init code, and so one address: it deploys a copy of whatever the factory names.
    const init = assemble(
      '0x20 0 0 0 0 CALLER GAS CALL POP 0 MLOAD DUP1 EXTCODESIZE DUP1 0 0 DUP5 EXTCODECOPY 0 RETURN',
    );
    const target = created2By(factory, 5n, init);
    const accounts = {
      ...world,
      [good]: contract(GOOD),
      [bad]: contract(BAD),
      [target]: contract(GOOD),
      [killer]: contract(`${busy()} 0 0 1 0 0 ${target} GAS CALL`),
      [factory]: contract(`
        CALLDATASIZE ISZERO @name JUMPI
        0 CALLDATALOAD 0 SSTORE
        0x20 CALLDATASIZE SUB DUP1 0x20 0 CALLDATACOPY 5 SWAP1 0 0 CREATE2 CALLER SSTORE STOP
        name: 0 SLOAD 0 MSTORE 0x20 0 RETURN
      `),
    };
    const create = (n: number, template: Hex) =>
      send(sender(n), factory, { data: hexToBytes(`${bytesToHex(words(template))}${init.slice(2)}`) });
    const block = blockOf('Shanghai', [
      send(sender(0), target),
      send(sender(1), killer),
      create(2, bad),
      send(sender(3), target),
      send(sender(4), killer),
      create(5, good),
      send(sender(6), target),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect([2, 5].map((i) => slotAfter(outcome, factory, sender(i)))).to.deep.equal([BigInt(target), BigInt(target)]);
    expect([0, 3, 6].map((i) => executed(outcome, i).success)).to.deep.equal([true, false, true]);
    expect([0, 3, 6].map((i) => logged(outcome, i))).to.deep.equal([[[1n]], [], [[1n]]]);
    expect(changeOf(outcome, target)).to.equal(undefined);
  });
});
