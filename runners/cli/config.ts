/** `lockstep.config.json`: options of `run` that a project always gives, and profiles of them by name. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { VM_NAMES } from '../../src/vm/name.js';
import { ExpectationFileError, type JsonValue, readJson } from '../expectations/file-error.js';
import {
  CORPUS_PARTS,
  parseForks,
  parseJobs,
  parsePattern,
  parseSuites,
  parseThreads,
  type RunOptions,
  UsageError,
} from './options.js';
import { shortest } from './sources.js';

/** Name of the file that is looked for in the working directory. */
export const CONFIG_FILE = 'lockstep.config.json';
const FORMAT_VERSION = 1;

type Settings = Partial<RunOptions>;

/** The options that leave cases out. */
const SELECTING = ['suite', 'fork', 'grep', 'sample'] as const;

export interface Config {
  readonly file: string;
  /** For every run. */
  readonly run: Settings;
  readonly profiles: ReadonlyMap<string, Settings>;
}

/** What there is without a file; a file's profile of the same name takes the place of one of these. */
const PROFILES: ReadonlyMap<string, Settings> = new Map([
  ['quick', { sample: 500, threads: [2] }],
  ['ci', { sample: 5000, threads: [1, 2, 4] }],
  ['nightly', { corpus: 'full', legacy: true, threads: [1, 2, 4, 8] }],
]);

/** A value of an option: read and checked; paths are taken from the file's folder. */
type Read<T> = (value: JsonValue, folder: string) => T;

const path: Read<string> = (value, folder) => resolve(folder, value.text());
const flag: Read<boolean> = (value) => {
  if (typeof value.value !== 'boolean') throw value.error('is neither true nor false');
  return value.value;
};
const texts = (value: JsonValue): string =>
  value
    .items()
    .map((item) => item.text())
    .join(',');

function parsed<T>(parse: (text: string) => T, text: (value: JsonValue) => string): Read<T> {
  return (value) => {
    try {
      return parse(text(value));
    } catch (error) {
      if (error instanceof InvalidArgumentError) throw value.error(error.message);
      throw error;
    }
  };
}

const sources: Read<string[]> = (value, folder) =>
  value
    .items()
    .map((item) => (/^(?:https?:\/\/|corpus:)/i.test(item.text()) ? item.text() : resolve(folder, item.text())));

/** By their names on the command line. */
const OPTIONS: { readonly [name: string]: { readonly option: keyof RunOptions; readonly read: Read<unknown> } } = {
  fixtures: { option: 'fixtures', read: sources },
  suite: { option: 'suite', read: parsed(parseSuites, texts) },
  fork: { option: 'fork', read: parsed(parseForks, texts) },
  grep: { option: 'grep', read: parsed(parsePattern, (value) => value.text()) },
  sample: { option: 'sample', read: (value) => value.count() },
  corpus: { option: 'corpus', read: (value) => value.oneOf(CORPUS_PARTS) },
  legacy: { option: 'legacy', read: flag },
  offline: { option: 'offline', read: flag },
  vm: { option: 'vm', read: (value) => value.oneOf(VM_NAMES) },
  threads: {
    option: 'threads',
    read: parsed(parseThreads, (value) =>
      value
        .items()
        .map((item) => item.count())
        .join(','),
    ),
  },
  jobs: { option: 'jobs', read: parsed(parseJobs, (value) => String(value.count())) },
  timeout: { option: 'timeout', read: (value) => value.count() },
  bail: { option: 'bail', read: flag },
  schedules: { option: 'schedules', read: (value) => value.count() },
  preemptions: { option: 'preemptions', read: (value) => value.count() },
  'explore-limit': { option: 'exploreLimit', read: (value) => value.count() },
  seed: { option: 'seed', read: (value) => value.text() },
  fuse: { option: 'fuse', read: (value) => value.count() },
  'fuse-from': { option: 'fuseFrom', read: sources },
  'fuse-sample': { option: 'fuseSample', read: (value) => value.count() },
  events: { option: 'events', read: path },
  timings: { option: 'timings', read: path },
  expectations: { option: 'expectations', read: path },
  'expected-counts': { option: 'expectedCounts', read: path },
  json: { option: 'json', read: path },
  html: { option: 'html', read: path },
  junit: { option: 'junit', read: path },
  github: { option: 'github', read: flag },
  quiet: { option: 'quiet', read: flag },
};

/** The names that a file may use, for its schema. */
export const CONFIG_OPTIONS: readonly string[] = Object.keys(OPTIONS);

/** The file at `path`, or the one in `folder` where none is named and there is one. Throws {@link UsageError}. */
export async function findConfig(folder: string, named?: string): Promise<Config | null> {
  const file = named ?? join(folder, CONFIG_FILE);
  if (named === undefined && !existsSync(file)) return null;
  try {
    return await readConfig(file);
  } catch (error) {
    if (error instanceof ExpectationFileError)
      throw new UsageError(`${named === undefined ? '' : '--config '}${error.message}`);
    throw error;
  }
}

async function readConfig(file: string): Promise<Config> {
  const { version, run, profiles } = (await readJson(file)).fields(['version'], ['$schema', 'run', 'profiles']);
  version.oneOf([FORMAT_VERSION]);
  const folder = dirname(resolve(file));
  return {
    file,
    run: run === undefined ? {} : readSettings(run, folder),
    profiles: new Map(profiles?.entries().map(([name, settings]) => [name, readSettings(settings, folder)])),
  };
}

function readSettings(value: JsonValue, folder: string): Settings {
  const read = Object.entries(value.fields([], CONFIG_OPTIONS)).flatMap(([name, child]) => {
    const option = OPTIONS[name];
    return option === undefined || child === undefined ? [] : [[option.option, option.read(child, folder)]];
  });
  return Object.fromEntries(read) as Settings;
}

/**
 * The options with what the configuration says where the command line, which holds those in `given`, does not: the
 * profile first, then what is for every run; `config` is the file, named or found, and `origins` says which options that
 * leave cases out do not come from the command line. Throws {@link UsageError} where there is no profile of that name.
 */
export function configured(asked: RunOptions, given: ReadonlySet<string>, config: Config | null): RunOptions {
  const said = Object.fromEntries(Object.entries(asked).filter(([name]) => given.has(name)));
  const { profile } = asked;
  const layers = [
    ...(config === null ? [] : [{ settings: config.run, from: shortest(config.file) }]),
    ...(profile === undefined ? [] : [{ settings: profileOf(profile, config), from: profileName(profile, config) }]),
  ];
  const origins = originsOf(layers, given);
  return {
    ...asked,
    ...[...layers.map(({ settings }) => settings), said].reduce(over, {}),
    ...(config === null ? {} : { config: config.file }),
    ...(origins === null ? {} : { origins }),
  };
}

/** `upper` over `lower`; where it names sources, what the other says of the default ones is void. */
export function over(lower: Settings, upper: Settings): Settings {
  const { corpus, legacy, ...others } = lower;
  return { ...(upper.fixtures === undefined ? lower : others), ...upper };
}

/** Where the options that leave cases out come from; null where the command line holds all of them. */
function originsOf(
  layers: readonly { readonly settings: Settings; readonly from: string }[],
  given: ReadonlySet<string>,
): Record<string, string> | null {
  const origins: Record<string, string> = {};
  for (const { settings, from } of layers) {
    for (const name of SELECTING) if (name in settings && !given.has(name)) origins[name] = from;
  }
  return Object.keys(origins).length === 0 ? null : origins;
}

function profileName(name: string, config: Config | null): string {
  return config?.profiles.has(name) === true ? `profile ${name} of ${shortest(config.file)}` : `profile ${name}`;
}

function profileOf(name: string, config: Config | null): Settings {
  const known = new Map([...PROFILES, ...(config?.profiles ?? [])]);
  const profile = known.get(name);
  if (profile === undefined) throw new UsageError(`--profile ${name}: there are ${[...known.keys()].join(', ')}`);
  return profile;
}
