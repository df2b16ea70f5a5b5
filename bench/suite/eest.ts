/** EEST's benchmark tests: which kinds of opcodes and precompiles there are, and their blocks. */
import type { BlockchainCase } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { filteredSource, openSource } from '../../runners/fixtures/sources.js';
import type { EestSpec, Unit } from './unit.js';

const BENCHMARK_FILE = /^(?<folder>(?:.*\/)?blockchain_tests\/benchmark\/(?<kind>.+))\/[^/]+\.json$/;
const GAS = /benchmark-gas-value_(?<megagas>\d+)M\b/;
/** Seconds of preparing a test, of a round at 30 Mgas with three contenders, and of the comparison: for planning. */
const COST_PER_TEST = { fixed: 0.6, round: 0.25, peer: 2 };
const START_UP = 3;

/** A source without a benchmark test of the gas that was asked for. */
export class NoBenchmarkError extends Error {
  override readonly name = 'NoBenchmarkError';
  readonly code = 'NO_BENCHMARK';
}

/** One unit for each kind of opcode or precompile that the source holds. Throws `SourceError`. */
export async function eestUnits(spec: string, megagas: number, sampleMegagas: number): Promise<Unit[]> {
  const folders = new Map<string, { readonly kind: string; files: number }>();
  for await (const { file } of await openSource(spec)) {
    const found = BENCHMARK_FILE.exec(file)?.groups;
    if (found === undefined) continue;
    const folder = found.folder as string;
    const known = folders.get(folder) ?? { kind: found.kind as string, files: 0 };
    known.files++;
    folders.set(folder, known);
  }
  return [...folders]
    .sort(([, a], [, b]) => (a.kind < b.kind ? -1 : 1))
    .map(([folder, { kind, files }]): Unit => {
      const name = kind.split('/').at(-1) as string;
      return {
        name: `eest/${name}`,
        group: 'eest',
        title: `${kind.includes('precompile') ? 'precompile' : 'opcodes'}: ${name.replaceAll('_', ' ')}, ${megagas} Mgas each`,
        spec: { kind: 'eest', source: spec, folder, megagas, sampleMegagas },
        bars: {},
        cost: {
          fixed: START_UP + COST_PER_TEST.fixed * files,
          round: COST_PER_TEST.round * files,
          peer: COST_PER_TEST.peer * files,
        },
        peer: true,
        profiled: false,
      };
    });
}

export interface EestTest {
  /** `keccak_max_permutations`, with its parameters where it has some. */
  readonly name: string;
  readonly test: BlockchainCase;
}

/** `test_shifts[fork_Osaka-blockchain_test-opcode_SAR-benchmark-gas-value_100M]` to `shifts opcode_SAR`. */
export function eestName(id: string): string {
  const [, test = id, inside = ''] = /::(?:test_)?([^[]+)\[(.*)\]/.exec(id) ?? [];
  const parameters = inside
    .replace(GAS, '')
    .split('-')
    .filter((part) => part !== '' && !/^fork_|^blockchain_test$|^benchmark$/.test(part) && part !== test);
  return [test, ...parameters].join(' ');
}

/** The kind's tests whose blocks use so much gas, by name. Throws {@link NoBenchmarkError}, `SourceError` and `FixtureError`. */
export async function eestTests({ source: spec, folder }: EestSpec, megagas: number): Promise<EestTest[]> {
  const source = filteredSource(await openSource(spec), (file) => file.startsWith(`${folder}/`));
  const tests: EestTest[] = [];
  for await (const entry of source) {
    for (const reference of decodeFile(source.name, entry.file, await entry.text()).references) {
      if (reference instanceof Error) throw reference;
      if (Number(GAS.exec(reference.test)?.groups?.megagas) !== megagas) continue;
      const test = reference.decode();
      if (test.kind === 'blockchain') tests.push({ name: eestName(reference.test), test });
    }
  }
  if (tests.length === 0) throw new NoBenchmarkError(`${spec}: ${folder} holds no test of ${megagas} Mgas`);
  return tests.sort((a, b) => (a.name < b.name ? -1 : 1));
}
