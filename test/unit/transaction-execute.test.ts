import { expect } from 'chai';
import { bytesToHex, EMPTY_BYTES, type Hex } from '../../src/primitives/bytes.js';
import { EMPTY_CODE_HASH, keccak256 } from '../../src/primitives/crypto.js';
import type { Fork } from '../../src/primitives/fork.js';
import { bytesToWords, readWords, wordsToBytes, writeWords } from '../../src/primitives/words.js';
import {
  BASICS_BALANCE,
  BASICS_EXISTS,
  BASICS_NONCE,
  BASICS_WORDS,
  type Code,
  READ_OK,
  type StateView,
} from '../../src/state/view.js';
import { executeTransaction } from '../../src/transition/transaction/execute.js';
import type { Transaction, TransactionOutcome } from '../../src/transition/types.js';
import {
  type BlockEnvironment,
  type Message,
  type MessageResult,
  RUN_DONE,
  RUN_YIELDED,
  type Vm,
} from '../../src/vm/vm.js';

interface Account {
  exists: boolean;
  nonce: bigint;
  balance: bigint;
  code: Uint8Array;
}

type Accounts = Record<Hex, Partial<Account>>;

function address(n: number): Uint8Array {
  return new Uint8Array(20).fill(n);
}
const SENDER = address(0xaa);
const TARGET = address(0x22);
const COINBASE = address(0xcb);
const AUTHORITY = address(0x77);

/** State of a few accounts; `blockers` says which transaction a read of an address waits for. */
function viewOf(accounts: Accounts, blockers: Map<Hex, number> = new Map()): StateView {
  const find = (words: Uint32Array, at: number) => {
    const key = bytesToHex(wordsToBytes(words, at, 5));
    return { account: accounts[key], blocker: blockers.get(key) };
  };
  return {
    basics(words, at, out, to) {
      const { account, blocker } = find(words, at);
      if (blocker !== undefined) return blocker;
      out[to + BASICS_EXISTS] = account === undefined ? 0 : 1;
      writeWords(account?.nonce ?? 0n, out, to + BASICS_NONCE, 2);
      writeWords(account?.balance ?? 0n, out, to + BASICS_BALANCE, 8);
      return READ_OK;
    },
    code(words, at) {
      const bytes = find(words, at).account?.code ?? EMPTY_BYTES;
      return { bytes, hash: keccak256(bytes) };
    },
    storage: () => READ_OK,
    hasStorage: () => READ_OK,
  };
}

type Behaviour = (message: Message, vm: FakeVm) => Partial<MessageResult> | number | Promise<number>;

/** Holds accounts over a view; a message does what the test's behaviour says, and moves no value. */
class FakeVm implements Vm {
  readonly name = 'wasm';
  readonly accounts = new Map<Hex, Account>();
  readonly warm: string[] = [];
  readonly touched = new Set<Hex>();
  message: Message | null = null;
  begins = 0;
  private view: StateView = viewOf({});
  private outcome: Partial<MessageResult> = {};
  constructor(private readonly behaviour: Behaviour = () => ({})) {}

  begin(_environment: BlockEnvironment, view: StateView): void {
    this.begins++;
    this.view = view;
    this.accounts.clear();
    this.warm.length = 0;
    this.touched.clear();
    this.message = null;
  }
  load(who: Uint8Array): number {
    const key = bytesToHex(who);
    if (this.accounts.has(key)) return READ_OK;
    const words = new Uint32Array(5 + BASICS_WORDS);
    bytesToWords(who, words, 0);
    const read = this.view.basics(words, 0, words, 5);
    if (read !== READ_OK) return read;
    const code = this.view.code(words, 0);
    if (typeof code === 'number') return code;
    this.accounts.set(key, {
      exists: words[5 + BASICS_EXISTS] === 1,
      nonce: readWords(words, 5 + BASICS_NONCE, 2),
      balance: readWords(words, 5 + BASICS_BALANCE, 8),
      code: code.bytes,
    });
    return READ_OK;
  }
  of(who: Uint8Array): Account {
    const account = this.accounts.get(bytesToHex(who));
    if (account === undefined) throw new RangeError(`${bytesToHex(who)} is not loaded`);
    return account;
  }
  exists = (who: Uint8Array) => this.of(who).exists;
  balance = (who: Uint8Array) => this.of(who).balance;
  nonce = (who: Uint8Array) => this.of(who).nonce;
  code(who: Uint8Array): Code {
    const bytes = this.of(who).code;
    return { bytes, hash: bytes.length === 0 ? EMPTY_CODE_HASH : keccak256(bytes) };
  }
  isLoaded = (who: Uint8Array) => this.accounts.has(bytesToHex(who));
  setBalance(who: Uint8Array, balance: bigint): void {
    Object.assign(this.of(who), { balance, exists: true });
  }
  setNonce(who: Uint8Array, nonce: bigint): void {
    Object.assign(this.of(who), { nonce, exists: true });
  }
  setCode(who: Uint8Array, code: Uint8Array): void {
    Object.assign(this.of(who), { code, exists: true });
  }
  touch(who: Uint8Array): void {
    this.touched.add(bytesToHex(who));
  }
  warmAddress(who: Uint8Array): void {
    this.warm.push(bytesToHex(who));
  }
  warmSlot(who: Uint8Array, slot: Uint8Array): void {
    this.warm.push(`${bytesToHex(who)}:${readWords(Uint32Array.of(slot[31] as number), 0, 1)}`);
  }
  start(message: Message): void {
    this.message = message;
  }
  run(): number | Promise<number> {
    const outcome = this.behaviour(this.message as Message, this);
    if (typeof outcome === 'number' || outcome instanceof Promise) return outcome;
    this.outcome = outcome;
    return RUN_DONE;
  }
  result(): MessageResult {
    const plain = { success: true, gasLeft: 0n, refund: 0n, logs: [], output: EMPTY_BYTES, created: null, halt: null };
    return { ...plain, ...this.outcome };
  }
  finish(): number {
    return READ_OK;
  }
  writes(): void {}
}

function environment(fork: Fork, fields: Partial<BlockEnvironment> = {}): BlockEnvironment {
  return {
    fork,
    chainId: 1n,
    number: 1n,
    timestamp: 1n,
    coinbase: COINBASE,
    gasLimit: 30_000_000n,
    difficulty: 0n,
    prevRandao: new Uint8Array(32),
    baseFee: 10n,
    blobBaseFee: 2n,
    blockHash: () => null,
    ...fields,
  };
}

function transaction(fields: Partial<Transaction> = {}): Transaction {
  return {
    type: 2,
    chainId: 1n,
    nonce: 5n,
    gasLimit: 100_000n,
    maxFeePerGas: 30n,
    maxPriorityFeePerGas: 3n,
    to: TARGET,
    value: 7n,
    data: EMPTY_BYTES,
    accessList: [],
    maxFeePerBlobGas: 0n,
    blobVersionedHashes: [],
    authorizations: [],
    sender: SENDER,
    ...fields,
  };
}

const RICH = 10n ** 18n;
const FUNDED: Accounts = { [bytesToHex(SENDER)]: { nonce: 5n, balance: RICH } };

interface Setup {
  fork?: Fork;
  env?: Partial<BlockEnvironment>;
  accounts?: Accounts;
  blockers?: Map<Hex, number>;
  defer?: boolean;
}

async function execute(vm: FakeVm, tx: Transaction, setup: Setup = {}): Promise<TransactionOutcome | number> {
  const context = {
    vm,
    environment: environment(setup.fork ?? 'Prague', setup.env),
    maxBlobGas: 9n * 131_072n,
    deferFee: setup.defer ?? false,
  };
  return executeTransaction(context, tx, viewOf({ ...FUNDED, ...setup.accounts }, setup.blockers));
}

async function executed(vm: FakeVm, tx: Transaction, setup: Setup = {}) {
  const outcome = await execute(vm, tx, setup);
  if (typeof outcome === 'number' || outcome.kind !== 'executed') throw new Error(`not executed: ${String(outcome)}`);
  return outcome;
}

async function code(tx: Transaction, setup: Setup = {}): Promise<string | null> {
  const outcome = await execute(new FakeVm(() => ({})), tx, setup);
  return typeof outcome === 'object' && outcome.kind === 'invalid' ? outcome.code : null;
}

describe('executeTransaction', () => {
  it('charges the effective price, burns the base fee and pays the beneficiary', async () => {
    const vm = new FakeVm(() => ({ gasLeft: 50_000n }));
    const outcome = await executed(vm, transaction());
    expect(outcome).to.include({ success: true, gasUsed: 50_000n, blobGasUsed: 0n, deferredFee: 0n });
    expect(vm.balance(SENDER)).to.equal(RICH - 13n * 50_000n);
    expect(vm.nonce(SENDER)).to.equal(6n);
    expect(vm.balance(COINBASE)).to.equal(3n * 50_000n);
    expect(vm.message).to.include({ gas: 79_000n, gasPrice: 13n, value: 7n });
  });

  it('caps the price at the max fee', async () => {
    const vm = new FakeVm(() => ({ gasLeft: 79_000n }));
    await executed(vm, transaction({ maxFeePerGas: 11n, maxPriorityFeePerGas: 11n }));
    expect(vm.balance(COINBASE)).to.equal(21_000n);
  });

  it('caps refunds at a half, and at a fifth from London on', async () => {
    const legacy = transaction({ type: 0, maxFeePerGas: 30n, maxPriorityFeePerGas: 30n });
    const half = await executed(new FakeVm(() => ({ gasLeft: 40_000n, refund: 50_000n })), legacy, {
      fork: 'Berlin',
      env: { baseFee: 0n },
    });
    expect(half.gasUsed).to.equal(30_000n);
    const fifth = await executed(new FakeVm(() => ({ gasLeft: 40_000n, refund: 50_000n })), legacy, { fork: 'London' });
    expect(fifth.gasUsed).to.equal(48_000n);
  });

  it('keeps no refund and no logs of a failed message', async () => {
    const log = { address: TARGET, topics: [], data: EMPTY_BYTES };
    const vm = new FakeVm(() => ({ success: false, halt: 'revert', gasLeft: 40_000n, refund: 9_000n, logs: [log] }));
    const outcome = await executed(vm, transaction());
    expect(outcome).to.include({ success: false, halt: 'revert', gasUsed: 60_000n });
    expect(outcome.logs).to.deep.equal([]);
  });

  it('charges at least the calldata floor (EIP-7623)', async () => {
    const data = new Uint8Array(1_000).fill(1);
    const vm = new FakeVm((message) => ({ gasLeft: message.gas }));
    expect((await executed(vm, transaction({ data }))).gasUsed).to.equal(61_000n);
    expect((await executed(vm, transaction({ data }), { fork: 'Cancun' })).gasUsed).to.equal(37_000n);
  });

  it('burns the blob fee', async () => {
    const vm = new FakeVm(() => ({ gasLeft: 79_000n }));
    const hash = new Uint8Array(32).fill(1);
    const outcome = await executed(
      vm,
      transaction({ type: 3, maxFeePerBlobGas: 5n, blobVersionedHashes: [hash, hash] }),
    );
    expect(outcome.blobGasUsed).to.equal(262_144n);
    expect(vm.balance(SENDER)).to.equal(RICH - 13n * 21_000n - 2n * 262_144n);
  });

  it('warms sender, recipient, coinbase and access list', async () => {
    const slot = new Uint8Array(32).fill(9);
    const accessList = [{ address: AUTHORITY, slots: [slot] }];
    const vm = new FakeVm();
    await executed(vm, transaction({ accessList }));
    const key = bytesToHex(AUTHORITY);
    expect(vm.warm).to.deep.equal([bytesToHex(SENDER), bytesToHex(TARGET), bytesToHex(COINBASE), key, `${key}:9`]);
    await executed(vm, transaction(), { fork: 'London' });
    expect(vm.warm).to.deep.equal([bytesToHex(SENDER), bytesToHex(TARGET)]);
  });

  describe('beneficiary', () => {
    it('is left alone where the fee can be deferred', async () => {
      const vm = new FakeVm(() => ({ gasLeft: 79_000n }));
      const blockers = new Map([[bytesToHex(COINBASE), 0]]);
      expect((await executed(vm, transaction(), { defer: true, blockers })).deferredFee).to.equal(63_000n);
      expect(vm.isLoaded(COINBASE)).to.equal(false);
    });

    it('is paid at once where the message read it', async () => {
      const vm = new FakeVm((_message, machine) => {
        machine.load(COINBASE);
        return { gasLeft: 79_000n };
      });
      const accounts = { [bytesToHex(COINBASE)]: { balance: 1n } };
      expect((await executed(vm, transaction(), { defer: true, accounts })).deferredFee).to.equal(0n);
      expect(vm.balance(COINBASE)).to.equal(63_001n);
    });

    it('is paid at once where it is sender or recipient', async () => {
      for (const env of [{ coinbase: SENDER }, { coinbase: TARGET }]) {
        const vm = new FakeVm(() => ({ gasLeft: 79_000n }));
        expect((await executed(vm, transaction(), { defer: true, env })).deferredFee).to.equal(0n);
      }
      const vm = new FakeVm(() => ({ gasLeft: 79_000n }));
      await executed(vm, transaction(), { defer: true, env: { coinbase: SENDER } });
      expect(vm.balance(SENDER)).to.equal(RICH - 10n * 21_000n);
    });

    it('is touched by a zero fee', async () => {
      const vm = new FakeVm();
      const outcome = await executed(vm, transaction({ maxPriorityFeePerGas: 0n }), { defer: true });
      expect(outcome.deferredFee).to.equal(0n);
      expect([...vm.touched]).to.deep.equal([bytesToHex(COINBASE)]);
    });
  });

  describe('EIP-7702', () => {
    const target = address(0xdd);
    const tuple = { chainId: 1n, address: target, nonce: 0n, authority: AUTHORITY };
    const setCode = (authorizations: Transaction['authorizations']) =>
      transaction({ type: 4, authorizations, gasLimit: 200_000n });
    const designator = Uint8Array.of(0xef, 0x01, 0x00, ...target);

    it('delegates, and keeps it though the message fails', async () => {
      const vm = new FakeVm(() => ({ success: false, gasLeft: 0n }));
      const outcome = await executed(vm, setCode([tuple]));
      expect(vm.of(AUTHORITY)).to.deep.include({ code: designator, nonce: 1n });
      expect(outcome.gasUsed).to.equal(200_000n);
      expect(vm.warm).to.include(bytesToHex(AUTHORITY));
    });

    it('refunds half the cost of an account that exists, also after a failure', async () => {
      const accounts = { [bytesToHex(AUTHORITY)]: { balance: 1n } };
      for (const success of [true, false]) {
        const vm = new FakeVm(() => ({ success, gasLeft: 0n }));
        expect((await executed(vm, setCode([tuple]), { accounts })).gasUsed).to.equal(187_500n);
      }
    });

    it('counts a sender that is its own authority twice (pitfall 22)', async () => {
      const vm = new FakeVm();
      await executed(vm, setCode([{ ...tuple, authority: SENDER, nonce: 6n }]));
      expect(vm.nonce(SENDER)).to.equal(7n);
    });

    it('re-delegates and clears', async () => {
      const accounts = { [bytesToHex(AUTHORITY)]: { code: Uint8Array.of(0xef, 0x01, 0x00, ...address(1)), nonce: 0n } };
      const vm = new FakeVm();
      await executed(vm, setCode([tuple]), { accounts });
      expect(vm.of(AUTHORITY).code).to.deep.equal(designator);
      await executed(vm, setCode([tuple, { ...tuple, nonce: 1n, address: new Uint8Array(20) }]), { accounts });
      expect(vm.of(AUTHORITY)).to.deep.include({ code: EMPTY_BYTES, nonce: 2n });
    });

    it('skips tuples that do not hold', async () => {
      const skipped = [
        { ...tuple, chainId: 2n },
        { ...tuple, nonce: 1n },
        { ...tuple, nonce: 2n ** 64n - 1n },
        { ...tuple, authority: null },
      ];
      const vm = new FakeVm();
      await executed(vm, setCode(skipped));
      expect(vm.of(AUTHORITY)).to.deep.include({ nonce: 0n, code: EMPTY_BYTES, exists: false });
      const accounts = { [bytesToHex(AUTHORITY)]: { code: Uint8Array.of(0x00) } };
      await executed(vm, setCode([{ ...tuple, chainId: 0n }]), { accounts });
      expect(vm.nonce(AUTHORITY)).to.equal(0n);
    });

    it('pays an authority that is the beneficiary at once (pitfall 3)', async () => {
      const vm = new FakeVm();
      const outcome = await executed(vm, setCode([{ ...tuple, nonce: 9n }]), {
        defer: true,
        env: { coinbase: AUTHORITY },
      });
      expect(outcome.deferredFee).to.equal(0n);
      expect(vm.balance(AUTHORITY)).to.equal(600_000n);
    });
  });

  it('answers the blocker of every read, and starts over', async () => {
    const tuple = { chainId: 1n, address: TARGET, nonce: 0n, authority: AUTHORITY };
    const tx = transaction({ type: 4, authorizations: [tuple] });
    const vm = new FakeVm();
    for (const [who, index] of [
      [SENDER, 3],
      [AUTHORITY, 4],
      [COINBASE, 0],
    ] as const) {
      expect(await execute(vm, tx, { blockers: new Map([[bytesToHex(who), index]]) })).to.equal(index);
    }
    expect(await execute(new FakeVm(() => 2), tx)).to.equal(2);
    await executed(vm, tx);
    expect(vm.begins).to.equal(4);
  });

  it('goes on after yields, synchronously or not', async () => {
    let runs = 0;
    const sync = new FakeVm(() => (++runs < 3 ? RUN_YIELDED : { gasLeft: 1n }));
    expect((await executed(sync, transaction())).gasUsed).to.equal(99_999n);
    runs = 0;
    const async = new FakeVm(() => (++runs < 3 ? Promise.resolve(RUN_YIELDED) : { gasLeft: 1n }));
    expect((await executed(async, transaction())).gasUsed).to.equal(99_999n);
    expect(runs).to.equal(3);
  });

  it('rejects by the sender, in the order nonce, funds, code', async () => {
    const poor = (account: Partial<Account>): Setup => ({ accounts: { [bytesToHex(SENDER)]: account } });
    const contract = Uint8Array.of(0x00);
    expect(await code(transaction(), poor({ nonce: 6n, code: contract }))).to.equal('NONCE_MISMATCH_TOO_LOW');
    expect(await code(transaction(), poor({ nonce: 4n, code: contract }))).to.equal('NONCE_MISMATCH_TOO_HIGH');
    expect(await code(transaction(), poor({ nonce: 5n, balance: 3_000_006n, code: contract }))).to.equal(
      'INSUFFICIENT_ACCOUNT_FUNDS',
    );
    expect(await code(transaction(), poor({ nonce: 5n, balance: 3_000_007n }))).to.equal(null);
    expect(await code(transaction(), poor({ nonce: 5n, balance: RICH, code: contract }))).to.equal('SENDER_NOT_EOA');
    const delegated = Uint8Array.of(0xef, 0x01, 0x00, ...TARGET);
    expect(await code(transaction(), poor({ nonce: 5n, balance: RICH, code: delegated }))).to.equal(null);
    const early = { ...poor({ nonce: 5n, balance: RICH, code: delegated }), fork: 'Cancun' as const };
    expect(await code(transaction(), early)).to.equal('SENDER_NOT_EOA');
  });

  it('reads nothing where the transaction is invalid by itself', async () => {
    const blockers = new Map([[bytesToHex(SENDER), 0]]);
    expect(await code(transaction({ gasLimit: 20_999n }), { blockers })).to.equal('INTRINSIC_GAS_TOO_LOW');
  });
});
