/**
 * The inner loops of Ethash (yellow paper, appendix J) as a WebAssembly module, which is put together
 * here: Keccak-512 on 64-bit lanes, rows of the cache, and items of the dataset on 128-bit vectors.
 * In JavaScript the cache of an epoch alone takes some ten seconds.
 */

/** The module's functions; addresses are bytes in its memory, of which the first {@link HEAP_START} are its own. */
export interface EthashModule {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Keccak-512 of 64 bytes. */
  keccak512(from: number, to: number): void;
  /** Rows 1 and up of a cache, each the hash of the row before (J.3.2). */
  fill(cache: number, rows: number): void;
  /** One round of RandMemoHash over the cache (J.3.2). */
  mix(cache: number, rows: number): void;
  /** Item `index` of the dataset, 64 bytes, written to `out` (J.3.3). */
  item(cache: number, rows: number, index: number, out: number): void;
}

const PAGE_BYTES = 65_536;
const LANES = 25;
const ROUNDS = 24;
const HASH_BYTES = 64;
const HASH_LANES = 8;
const VECTORS = HASH_BYTES / 16;
const FNV_PRIME = 0x01000193;
const PARENTS = 256;
/** Where the round constants lie, and a row between its xor and its hash. */
const CONSTANTS = 0;
const SCRATCH = 8 * ROUNDS;
/** First byte that belongs to the user of the module. */
export const HEAP_START = 512;

// ---- A small assembler: functions of bytes ------------------------------------------------------------

type Code = readonly number[];

const I32 = 0x7f;
const I64 = 0x7e;

function unsigned(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  return [...out, rest];
}

function signed(value: bigint): number[] {
  const out: number[] = [];
  for (let rest = value; ; ) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) return [...out, low];
    out.push(low | 0x80);
  }
}

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];
const tee = (local: number): Code => [0x22, ...unsigned(local)];
const call = (index: number): Code => [0x10, ...unsigned(index)];
const i32 = (value: number): Code => [0x41, ...signed(BigInt(value | 0))];
const i64 = (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))];
const loadI64 = (offset: number): Code => [0x29, 3, ...unsigned(offset)];
const storeI64 = (offset: number): Code => [0x37, 3, ...unsigned(offset)];
const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const loadVector = (offset: number): Code => [...vector(0x00), 4, ...unsigned(offset)];
const storeVector = (offset: number): Code => [...vector(0x0b), 4, ...unsigned(offset)];
const LOAD_I32 = [0x28, 2, 0];
const STORE_I32 = [0x36, 2, 0];
const SPLAT_I32 = vector(0x11);
const MUL_VECTOR = vector(0xb5);
const XOR_VECTOR = vector(0x51);
const ADD = [0x6a];
const SUB = [0x6b];
const MUL = [0x6c];
const REM = [0x70];
const AND = [0x71];
const XOR = [0x73];
const BELOW = [0x49];
const I64_AND = [0x83];
const I64_XOR = [0x85];
const I64_ROTL = [0x89];

/** Runs `body` with `local` going from its value to `limit`, exclusive; at least once. */
function repeat(local: number, limit: Code, body: Code): Code {
  const next = [...get(local), ...i32(1), ...ADD, ...tee(local), ...limit, ...BELOW];
  return [0x03, 0x40, ...body, ...next, 0x0d, 0, 0x0b];
}

interface Definition {
  readonly name: string;
  /** All are i32. */
  readonly parameters: number;
  /** Number and type of the further locals, in order. */
  readonly locals: readonly (readonly [number, number])[];
  readonly body: Code;
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

const text = (value: string): Code => list([...value].map((letter) => [letter.charCodeAt(0)]));

function assemble(definitions: readonly Definition[], pages: number, data: Code): Uint8Array {
  const types = definitions.map(({ parameters }) => [0x60, ...list(new Array(parameters).fill([I32])), 0]);
  const exported = definitions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]);
  const bodies = definitions.map(({ locals, body }) => {
    const code = [...list(locals.map(([count, type]) => [...unsigned(count), type])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(types)),
    ...section(3, list(definitions.map((_, index) => unsigned(index)))),
    ...section(5, list([[0, ...unsigned(pages)]])),
    ...section(7, list([...exported, [...text('memory'), 2, 0]])),
    ...section(10, list(bodies)),
    ...section(11, list([[0, ...i32(CONSTANTS), 0x0b, ...unsigned(data.length), ...data]])),
  ]);
}

// ---- Keccak-f[1600] (FIPS 202) ------------------------------------------------------------------------

/** Round constants: bit 2^j - 1 of each is output of a linear feedback shift register. */
function roundConstants(): bigint[] {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt(2 ** j - 1);
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
    return constant;
  });
}

/** Offsets by which lanes (x + 5y) are rotated. */
function rotations(): number[] {
  const offsets: number[] = new Array(LANES).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < ROUNDS; t++) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

function keccak512(): Definition {
  const [from, to] = [0, 1];
  const state = (lane: number): number => 2 + lane;
  const moved = (lane: number): number => state(LANES) + lane;
  const parity = (x: number): number => moved(LANES) + (x % 5);
  const effect = parity(0) + 5;
  const round = effect + 1;
  const offsets = rotations();
  const theta: number[] = [];
  for (let x = 0; x < 5; x++) {
    theta.push(...get(state(x)));
    for (let y = 1; y < 5; y++) theta.push(...get(state(x + 5 * y)), ...I64_XOR);
    theta.push(...set(parity(x)));
  }
  const rho: number[] = [];
  for (let x = 0; x < 5; x++) {
    rho.push(...get(parity(x + 4)), ...get(parity(x + 1)), ...i64(1n), ...I64_ROTL, ...I64_XOR, ...set(effect));
    for (let y = 0; y < 5; y++) {
      const lane = x + 5 * y;
      rho.push(...get(state(lane)), ...get(effect), ...I64_XOR, ...i64(BigInt(offsets[lane] as number)), ...I64_ROTL);
      // Pi: lane (x, y) goes to (y, 2x + 3y).
      rho.push(...set(moved(y + 5 * ((2 * x + 3 * y) % 5))));
    }
  }
  const chi: number[] = [];
  for (let lane = 0; lane < LANES; lane++) {
    const [x, y] = [lane % 5, 5 * Math.floor(lane / 5)];
    chi.push(...get(moved(lane)), ...get(moved(((x + 1) % 5) + y)), ...i64(-1n), ...I64_XOR);
    chi.push(...get(moved(((x + 2) % 5) + y)), ...I64_AND, ...I64_XOR, ...set(state(lane)));
  }
  const constant = [...get(round), ...i32(8), ...MUL, ...loadI64(CONSTANTS)];
  const iota = [...get(state(0)), ...constant, ...I64_XOR, ...set(state(0))];
  const absorb: number[] = [];
  const squeeze: number[] = [];
  for (let lane = 0; lane < HASH_LANES; lane++) {
    absorb.push(...get(from), ...loadI64(8 * lane), ...set(state(lane)));
    squeeze.push(...get(to), ...get(state(lane)), ...storeI64(8 * lane));
  }
  // 64 bytes of a rate of 72: the padding's first and last bit stand in the ninth lane.
  absorb.push(...i64(0x8000000000000001n), ...set(state(HASH_LANES)));
  const rounds = repeat(round, i32(ROUNDS), [...theta, ...rho, ...chi, ...iota]);
  return {
    name: 'keccak512',
    parameters: 2,
    locals: [
      [round - state(0), I64],
      [1, I32],
    ],
    body: [...absorb, ...rounds, ...squeeze],
  };
}

// ---- Cache and dataset --------------------------------------------------------------------------------

/** Functions in the module's order. */
const KECCAK512 = 0;

/** `base + 64 · index`. */
const rowAt = (base: number, index: Code): Code => [...get(base), ...index, ...i32(HASH_BYTES), ...MUL, ...ADD];

function fill(): Definition {
  const [cache, rows, row] = [0, 1, 2];
  const before = rowAt(cache, [...get(row), ...i32(1), ...SUB]);
  const body = [...before, ...rowAt(cache, get(row)), ...call(KECCAK512)];
  return {
    name: 'fill',
    parameters: 2,
    locals: [[1, I32]],
    body: [...i32(1), ...set(row), ...repeat(row, get(rows), body)],
  };
}

function mix(): Definition {
  const [cache, rows, row, at, before, other] = [0, 1, 2, 3, 4, 5];
  const body: number[] = [
    ...[...rowAt(cache, get(row)), ...set(at)],
    ...rowAt(cache, [...get(row), ...get(rows), ...ADD, ...i32(1), ...SUB, ...get(rows), ...REM]),
    ...set(before),
    ...rowAt(cache, [...get(at), ...LOAD_I32, ...get(rows), ...REM]),
    ...set(other),
  ];
  for (let i = 0; i < VECTORS; i++) {
    body.push(...i32(SCRATCH), ...get(before), ...loadVector(16 * i), ...get(other), ...loadVector(16 * i));
    body.push(...XOR_VECTOR, ...storeVector(16 * i));
  }
  body.push(...i32(SCRATCH), ...get(at), ...call(KECCAK512));
  return { name: 'mix', parameters: 2, locals: [[4, I32]], body: repeat(row, get(rows), body) };
}

function item(): Definition {
  const [cache, rows, index, out, j, parent] = [0, 1, 2, 3, 4, 5];
  const hash = [...get(out), ...get(out), ...call(KECCAK512)];
  const start: number[] = [...rowAt(cache, [...get(index), ...get(rows), ...REM]), ...set(parent)];
  for (let i = 0; i < VECTORS; i++) {
    start.push(...get(out), ...get(parent), ...loadVector(16 * i), ...storeVector(16 * i));
  }
  start.push(...get(out), ...get(out), ...LOAD_I32, ...get(index), ...XOR, ...STORE_I32);
  const word = [...get(out), ...get(j), ...i32(15), ...AND, ...i32(4), ...MUL, ...ADD, ...LOAD_I32];
  const chosen = [...get(index), ...get(j), ...XOR, ...i32(FNV_PRIME), ...MUL, ...word, ...XOR];
  const body: number[] = [...rowAt(cache, [...chosen, ...get(rows), ...REM]), ...set(parent)];
  for (let i = 0; i < VECTORS; i++) {
    body.push(...get(out), ...get(out), ...loadVector(16 * i), ...i32(FNV_PRIME), ...SPLAT_I32, ...MUL_VECTOR);
    body.push(...get(parent), ...loadVector(16 * i), ...XOR_VECTOR, ...storeVector(16 * i));
  }
  return {
    name: 'item',
    parameters: 4,
    locals: [[2, I32]],
    body: [...start, ...hash, ...repeat(j, i32(PARENTS), body), ...hash],
  };
}

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

/** A module with room for `bytes` bytes from {@link HEAP_START} on. */
export function createEthashModule(bytes: number): EthashModule {
  const pages = Math.ceil((HEAP_START + bytes) / PAGE_BYTES);
  const data = roundConstants().flatMap((constant) =>
    Array.from({ length: 8 }, (_, i) => Number((constant >> BigInt(8 * i)) & 0xffn)),
  );
  const module = new Module(assemble([keccak512(), fill(), mix(), item()], pages, data));
  return new Instance(module).exports as EthashModule;
}
