/** Which slots each transaction of a block reads and writes, from the trace of a serial run. */
import {
  type AccessListEntry,
  type Block,
  type BlockAccessListEntry,
  bigIntToBytes,
  bytesToHex,
  type Database,
  type Hex,
  hexToBytes,
  SerialExecutor,
  type TraceStep,
} from '../src/index.js';

const SLOAD = 0x54;
const SSTORE = 0x55;
const CALL = 0xf1;
const CALLCODE = 0xf2;
const DELEGATECALL = 0xf4;
const STATICCALL = 0xfa;

/** Account to slot to whether it was written. */
type Accesses = Map<Hex, Map<bigint, boolean>>;

const ADDRESS_MASK = (1n << 160n) - 1n;
const hexOf = (address: bigint): Hex => bytesToHex(bigIntToBytes(address & ADDRESS_MASK, 20));

/** Follows calls, and notes what the frames do to the storage of their accounts. Contract creations are not followed. */
class AccessTracer {
  readonly wantsStack = true;
  readonly wantsMemory = false;
  readonly accesses: Accesses = new Map();
  private readonly frames: Hex[];
  private callee: Hex;

  constructor(to: Uint8Array | null) {
    this.callee = bytesToHex(to ?? new Uint8Array(20));
    this.frames = [this.callee];
  }

  step({ op, depth, stack }: TraceStep): void {
    if (depth > this.frames.length) this.frames.push(this.callee);
    this.frames.length = depth;
    const own = this.frames[depth - 1] as Hex;
    const top = (n: number): bigint => stack?.at(-1 - n) ?? 0n;
    if (op === SLOAD || op === SSTORE) {
      const slots = this.accesses.get(own) ?? new Map<bigint, boolean>();
      this.accesses.set(own, slots);
      slots.set(top(0), op === SSTORE || slots.get(top(0)) === true);
    } else if (op === CALL || op === STATICCALL) this.callee = hexOf(top(1));
    else if (op === CALLCODE || op === DELEGATECALL) this.callee = own;
  }

  leave(): void {}
}

/** The slots that every transaction of `block` read or wrote, in order of the transactions. */
export async function tracedAccesses(database: Database, block: Block): Promise<Accesses[]> {
  const tracers: AccessTracer[] = [];
  const serial = await SerialExecutor.create({
    vm: 'wasm',
    traces: {
      begin: (index) => {
        const tracer = new AccessTracer(block.transactions[index]?.to ?? null);
        tracers.push(tracer);
        return tracer;
      },
      end: () => {},
    },
  });
  const result = await serial.execute(database, block);
  await serial.close();
  if (!result.ok) throw result.error;
  return tracers.map(({ accesses }) => accesses);
}

/** What `eth_createAccessList` answers: every slot that was read or written (EIP-2930). */
export function transactionAccessList(accesses: Accesses): AccessListEntry[] {
  return [...accesses].map(([address, slots]) => ({
    address: hexToBytes(address),
    slots: [...slots.keys()].map((slot) => bigIntToBytes(slot, 32)),
  }));
}

/** The storage of a block access list (EIP-7928). Values are left at zero: who writes is all that matters here. */
export function blockAccessList(accesses: readonly Accesses[]): BlockAccessListEntry[] {
  const writers = new Map<Hex, Map<bigint, number[]>>();
  for (const [index, accounts] of accesses.entries()) {
    for (const [address, slots] of accounts) {
      const own = writers.get(address) ?? new Map<bigint, number[]>();
      writers.set(address, own);
      for (const [slot, wrote] of slots) if (wrote) own.set(slot, appended(own.get(slot), index + 1));
    }
  }
  return [...writers].map(([address, slots]) => ({
    address: hexToBytes(address),
    storageChanges: [...slots].map(([slot, indices]) => ({
      slot,
      changes: indices.map((blockAccessIndex) => ({ blockAccessIndex, newValue: 0n })),
    })),
    storageReads: [],
    balanceChanges: [],
    nonceChanges: [],
    codeChanges: [],
  }));
}

function appended(list: number[] = [], item: number): number[] {
  list.push(item);
  return list;
}
