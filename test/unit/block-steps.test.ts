import { expect } from 'chai';
import { bytesToHex, hexToBytes } from '../../src/primitives/bytes.js';
import { EMPTY_CODE_HASH } from '../../src/primitives/crypto.js';
import { BLOB_SCHEDULES, type Fork } from '../../src/primitives/fork.js';
import { READ_OK } from '../../src/state/view.js';
import { decodeBlock } from '../../src/transition/block/block.js';
import { DAO_DRAINED_ACCOUNTS, DAO_REFUND_CONTRACT } from '../../src/transition/block/dao.js';
import { executableBlock } from '../../src/transition/block/environment.js';
import { type BlockStep, postBlockSteps, preBlockSteps } from '../../src/transition/block/steps.js';
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  SYSTEM_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../src/transition/block/system-calls.js';
import type { Block } from '../../src/transition/types.js';
import { type Message, type MessageResult, RUN_DONE, RUN_YIELDED, type Vm } from '../../src/vm/vm.js';
import { blockRlp } from './block-literals.js';

const ETHER = 10n ** 18n;

/** Records what a step asks of a machine; contracts answer what they are told to. */
class RecordingVm implements Vm {
  readonly name = 'ethereumjs';
  readonly balances = new Map<string, bigint>();
  readonly contracts = new Map<string, Partial<MessageResult>>();
  readonly loaded = new Set<string>();
  readonly touched: string[] = [];
  readonly messages: Message[] = [];
  loadStatus = READ_OK;
  /** Statuses of `run`, then done. */
  statuses: number[] = [];
  asynchronous = false;

  begin(): void {}
  load(address: Uint8Array): number {
    this.loaded.add(bytesToHex(address));
    return this.loadStatus;
  }
  #key(address: Uint8Array): string {
    const key = bytesToHex(address);
    if (!this.loaded.has(key)) throw new RangeError(`${key} is not loaded`);
    return key;
  }
  exists(address: Uint8Array): boolean {
    return this.balances.has(this.#key(address));
  }
  balance(address: Uint8Array): bigint {
    return this.balances.get(this.#key(address)) ?? 0n;
  }
  nonce(): bigint {
    return 0n;
  }
  code(address: Uint8Array): { hash: Uint8Array; bytes: Uint8Array } {
    const known = this.contracts.has(this.#key(address));
    return { hash: EMPTY_CODE_HASH, bytes: new Uint8Array(known ? 1 : 0) };
  }
  isLoaded(address: Uint8Array): boolean {
    return this.loaded.has(bytesToHex(address));
  }
  setBalance(address: Uint8Array, balance: bigint): void {
    this.balances.set(this.#key(address), balance);
  }
  setNonce(): void {}
  setCode(): void {}
  touch(address: Uint8Array): void {
    this.touched.push(this.#key(address));
  }
  warmAddress(): void {}
  warmSlot(): void {}
  start(message: Message): void {
    this.messages.push(message);
  }
  run(): number | Promise<number> {
    const status = this.statuses.shift() ?? RUN_DONE;
    return this.asynchronous ? Promise.resolve(status) : status;
  }
  result(): MessageResult {
    const to = this.messages.at(-1)?.to;
    const answer = to === null || to === undefined ? {} : this.contracts.get(bytesToHex(to));
    const success = { success: true, gasLeft: 0n, refund: 0n, logs: [], output: new Uint8Array(0) };
    return { ...success, created: null, halt: null, ...answer };
  }
  finish(): number {
    return READ_OK;
  }
  writes(): void {}
}

function blockOf(fork: Fork, changes: Partial<Block> = {}): Block {
  const schedule = BLOB_SCHEDULES.Cancun;
  const chain = { fork, chainId: 1n, blobSchedule: schedule, blockHash: () => null };
  return { ...executableBlock(decodeBlock(blockRlp()), [], chain), ...changes };
}

function run(steps: BlockStep[], vm: Vm, block: Block): Uint8Array[] {
  const requests: Uint8Array[] = [];
  for (const step of steps) expect(step.run({ vm, block, logsOf: () => [], requests })).to.equal(undefined);
  return requests;
}

const names = (steps: BlockStep[]): string[] => steps.map((step) => step.name.split(' ')[0] as string);

describe('block steps', () => {
  it('has the steps of each fork in order', () => {
    expect(names(preBlockSteps(blockOf('Homestead', { daoFork: true })))).to.deep.equal(['DAO']);
    expect(names(preBlockSteps(blockOf('Shanghai')))).to.deep.equal([]);
    expect(names(preBlockSteps(blockOf('Cancun')))).to.deep.equal(['EIP-4788']);
    expect(names(preBlockSteps(blockOf('Prague')))).to.deep.equal(['EIP-4788', 'EIP-2935']);
    expect(names(postBlockSteps(blockOf('London')))).to.deep.equal(['block']);
    expect(names(postBlockSteps(blockOf('Paris')))).to.deep.equal([]);
    expect(names(postBlockSteps(blockOf('Osaka')))).to.deep.equal(['EIP-4895', 'EIP-6110', 'EIP-7002', 'EIP-7251']);
    expect(preBlockSteps(blockOf('Osaka', { mode: 'state-test', daoFork: true }))).to.deep.equal([]);
    expect(postBlockSteps(blockOf('London', { mode: 'state-test' }))).to.deep.equal([]);
  });

  it('drains the DAO accounts into the refund contract', () => {
    const vm = new RecordingVm();
    DAO_DRAINED_ACCOUNTS.forEach((address, i) => {
      vm.balances.set(bytesToHex(address), BigInt(i));
    });
    vm.balances.set(bytesToHex(DAO_REFUND_CONTRACT), 7n);
    const block = blockOf('Homestead', { daoFork: true });
    run(preBlockSteps(block), vm, block);
    expect(DAO_DRAINED_ACCOUNTS).to.have.length(116);
    expect(new Set(DAO_DRAINED_ACCOUNTS.map(bytesToHex)).size).to.equal(116);
    expect(vm.balances.get(bytesToHex(DAO_REFUND_CONTRACT))).to.equal(7n + (115n * 116n) / 2n);
    expect(DAO_DRAINED_ACCOUNTS.every((address) => vm.balances.get(bytesToHex(address)) === 0n)).to.equal(true);
  });

  it('calls the beacon root and history contracts, and only where they have code', () => {
    const vm = new RecordingVm();
    const block = blockOf('Prague', { parentHash: new Uint8Array(32).fill(3) });
    run(preBlockSteps(block), vm, block);
    expect(vm.messages).to.deep.equal([]);
    // A call that fails is ignored.
    vm.contracts.set(bytesToHex(BEACON_ROOTS_ADDRESS), { success: false });
    vm.contracts.set(bytesToHex(HISTORY_STORAGE_ADDRESS), {});
    vm.statuses = [RUN_YIELDED, RUN_DONE];
    run(preBlockSteps(block), vm, block);
    expect(vm.messages.map((message) => bytesToHex(message.to as Uint8Array))).to.deep.equal([
      bytesToHex(BEACON_ROOTS_ADDRESS),
      bytesToHex(HISTORY_STORAGE_ADDRESS),
    ]);
    const [beacon, history] = vm.messages as [Message, Message];
    expect(beacon.data).to.deep.equal(new Uint8Array(32));
    expect(history.data).to.deep.equal(block.parentHash);
    expect(history.caller).to.deep.equal(SYSTEM_ADDRESS);
    expect(history.gas).to.equal(30000000n);
    expect(history.value).to.equal(0n);
  });

  it('credits withdrawals in gwei, and touches the account of an empty one', () => {
    const vm = new RecordingVm();
    const address = hexToBytes('c94f5374fce5edbc8e2a8697c15331677e6ebf0b');
    const withdrawal = { index: 0n, validatorIndex: 0n, address, amount: 3n };
    const block = blockOf('Shanghai', { withdrawals: [withdrawal, withdrawal, { ...withdrawal, amount: 0n }] });
    run(postBlockSteps(block), vm, block);
    expect(vm.balances.get(bytesToHex(address))).to.equal(6000000000n);
    expect(vm.touched).to.deep.equal([bytesToHex(address)]);
  });

  it('collects requests with data, type byte first', () => {
    const vm = new RecordingVm();
    vm.contracts.set(bytesToHex(WITHDRAWAL_REQUESTS_ADDRESS), {});
    vm.contracts.set(bytesToHex(CONSOLIDATION_REQUESTS_ADDRESS), { output: Uint8Array.of(8, 9) });
    const block = blockOf('Prague');
    expect(run(postBlockSteps(block), vm, block)).to.deep.equal([Uint8Array.of(2, 8, 9)]);
  });

  it('rejects the block where a request contract is missing or fails', () => {
    const steps = postBlockSteps(blockOf('Prague'));
    const vm = new RecordingVm();
    expect(() => run(steps, vm, blockOf('Prague'))).to.throw('SYSTEM_CONTRACT_EMPTY');
    vm.contracts.set(bytesToHex(WITHDRAWAL_REQUESTS_ADDRESS), { success: false, halt: 'out of gas' });
    expect(() => run(steps, vm, blockOf('Prague'))).to.throw('SYSTEM_CONTRACT_CALL_FAILED');
    vm.contracts.set(bytesToHex(WITHDRAWAL_REQUESTS_ADDRESS), { success: false, halt: null });
    expect(() => run(steps, vm, blockOf('Prague'))).to.throw('failed: reverted');
  });

  it('waits for an asynchronous machine', async () => {
    const vm = new RecordingVm();
    vm.asynchronous = true;
    vm.statuses = [RUN_YIELDED, RUN_DONE];
    vm.contracts.set(bytesToHex(WITHDRAWAL_REQUESTS_ADDRESS), { output: Uint8Array.of(5) });
    const requests: Uint8Array[] = [];
    const step = postBlockSteps(blockOf('Prague'))[2] as BlockStep;
    const pending = step.run({ vm, block: blockOf('Prague'), logsOf: () => [], requests });
    expect(pending).to.be.instanceOf(Promise);
    expect(requests).to.deep.equal([]);
    await pending;
    expect(requests).to.deep.equal([Uint8Array.of(1, 5)]);
  });

  it('takes a blocked read for an error of the engine', () => {
    const vm = new RecordingVm();
    vm.loadStatus = 4;
    expect(() => run(postBlockSteps(blockOf('London')), vm, blockOf('London'))).to.throw('blocked by transaction 4');
    vm.loadStatus = READ_OK;
    vm.contracts.set(bytesToHex(BEACON_ROOTS_ADDRESS), {});
    vm.statuses = [2];
    expect(() => run(preBlockSteps(blockOf('Cancun')), vm, blockOf('Cancun'))).to.throw('blocked by transaction 2');
  });

  it('pays block, nephew and ommer rewards by the fork', () => {
    const ommer = hexToBytes('22'.repeat(20));
    for (const [fork, reward] of [
      ['EIP158', 5n],
      ['Byzantium', 3n],
      ['Constantinople', 2n],
      ['London', 2n],
    ] as const) {
      const vm = new RecordingVm();
      const base = blockOf(fork);
      const environment = { ...base.environment, number: 10n };
      const ommers = [
        { number: 9n, coinbase: ommer },
        { number: 4n, coinbase: ommer },
      ];
      const block = { ...base, environment, ommers };
      run(postBlockSteps(block), vm, block);
      const wei = reward * ETHER;
      expect(vm.balances.get(bytesToHex(environment.coinbase))).to.equal(wei + (2n * wei) / 32n);
      expect(vm.balances.get(bytesToHex(ommer))).to.equal((wei * 7n) / 8n + (wei * 2n) / 8n);
    }
  });
});
