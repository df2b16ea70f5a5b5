/** Commands that documents show, and whether there are such commands: nothing is run. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Command, CommanderError } from 'commander';
import { type Actions, createProgram } from '../../runners/cli/program.js';
import { packageRoot } from './root.js';

/** A shell line as a document has it. */
export interface Shown {
  /** Words after `lockstep` or `npm run`; quotes are taken off. */
  readonly words: readonly string[];
  readonly program: 'lockstep' | 'npm run';
  /** From a block of code: its values are such as one could type. In running text there are names in their place. */
  readonly whole: boolean;
}

const START = /(?:^|(?<=[\s(]))(npm run(?: -s)?|npx lockstep|\$LOCKSTEP|lockstep) +(?=[\w-])/;

/** Words of one shell command, up to a comment or to what ends it. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, single, double, plain, end] of line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'";|&#]+)|([;|&#])/g)) {
    if (end !== undefined) break;
    words.push(single ?? double ?? (plain as string));
  }
  return words;
}

function shownIn(line: string, whole: boolean): Shown[] {
  const start = START.exec(line);
  if (start === null) return [];
  const rest = line.slice(start.index + start[0].length);
  const program = start[1]?.startsWith('npm') ? 'npm run' : 'lockstep';
  const after = rest.search(/&&|;/);
  return [{ program, words: wordsOf(rest), whole }, ...(after < 0 ? [] : shownIn(rest.slice(after), whole))];
}

/** A block of code: lines that end in a backslash go on in the next. */
function shownInBlock(code: string): Shown[] {
  return code
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => shownIn(line, true));
}

/** Commands of a Markdown text, in blocks of code and in running text. */
export function shownInMarkdown(text: string): Shown[] {
  const found: Shown[] = [];
  const prose = text.replaceAll(/^```(\w*)\n([\s\S]*?)^```/gm, (_, language: string, code: string) => {
    if (/^(?:sh|text|)$/.test(language)) found.push(...shownInBlock(code));
    return '';
  });
  for (const [, span = ''] of prose.matchAll(/`([^`]+)`/g)) found.push(...shownIn(span.replaceAll(/\s+/g, ' '), false));
  return found;
}

/** Commands of a workflow or a manifest: shell variables stand for values, and folded lines are one. */
export function shownInYaml(text: string): Shown[] {
  const joined = text.replaceAll(/\\\n\s*/g, ' ').replaceAll(/\n\s+(?=--)/g, ' ');
  return joined.split('\n').flatMap((line) => shownIn(line, false));
}

const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

/** What `--help` prints, by the name of the command; commands that only hold others are left out. */
export function helpTexts(): Map<string, string> {
  const program = createProgram('0.0.0', {} as Actions);
  const commands = program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
  return new Map(
    commands.map((command) => {
      let text = '';
      command.configureOutput({
        writeOut: (part) => {
          text += part;
        },
        // Options are wrapped by it, whatever terminal the tests run in.
        getOutHelpWidth: () => 80,
      });
      command.outputHelp();
      return [command.name(), text];
    }),
  );
}

/** Examples of all commands' help. What an example does stands behind two spaces. */
export function shownInHelp(): Shown[] {
  return [...helpTexts().values()].flatMap((text) =>
    [...text.matchAll(/^ {2}\$ (.*?)(?: {2,}.*)?$/gm)].flatMap(([, line = '']) => shownIn(line, true)),
  );
}

/** What is wrong with a command, or null. Answers the name of the command in `named`, where there is one. */
export async function faultOf({ program, words, whole }: Shown, named: (name: string) => void): Promise<string | null> {
  if (program === 'lockstep') return faultOfLockstep(words, whole, named);
  const [script = '', ...rest] = words;
  const command = scripts[script];
  if (command === undefined) return `there is no script ${script}`;
  const args = rest[0] === '--' ? rest.slice(1) : [];
  if (rest.length > 0 && rest[0] !== '--') return `npm takes "${rest[0]}" for itself: -- is missing`;
  const own = /node dist\/runners\/cli\/main\.js ?(.*)$/.exec(command)?.[1];
  if (own !== undefined) return faultOfLockstep([...wordsOf(own), ...args], whole, named);
  return faultOfScript(command, args);
}

async function faultOfLockstep(
  words: readonly string[],
  whole: boolean,
  named: (name: string) => void,
): Promise<string | null> {
  // A name from the command line stands for the rest of it.
  const args = words.filter((word) => word !== '…');
  const program = createProgram('0.0.0', new Proxy({} as Actions, { get: () => async () => {} }));
  if (args.length === 0 || args[0] === '--help' || args[0] === '--version') return null;
  let command: Command | undefined = program;
  for (const word of args) {
    const next: Command | undefined = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
  }
  if (command === program) return `there is no command ${args[0]}`;
  named(command.name());
  if (whole) return parse(program, args);
  const options = new Set([...command.options.flatMap(({ long, short }) => [long, short]), '--help']);
  const unknown = args.find((arg) => /^--?[a-z]/.test(arg) && !options.has(arg));
  return unknown === undefined ? null : `${command.name()} has no option ${unknown}`;
}

async function parse(program: Command, args: readonly string[]): Promise<string | null> {
  silence(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? null : error.message;
  }
}

/** Keeps a program and its commands from printing help and complaints. */
export function silence(command: Command): void {
  command.configureOutput({ writeOut: () => {}, writeErr: () => {} });
  for (const child of command.commands) silence(child);
}

/** A source, and those that it imports from its own folder and below: options may be defined there. */
function withImports(source: string): string {
  const text = readFileSync(source, 'utf8');
  const imported = [...text.matchAll(/from '(\.\/[\w/-]+)\.js'/g)].map(([, path = '']) =>
    readFileSync(join(dirname(source), `${path}.ts`), 'utf8'),
  );
  return [text, ...imported].join('\n');
}

/** Options of the other scripts, which are sought by name in their source. */
function faultOfScript(command: string, args: readonly string[]): string | null {
  const file = /node (?:--\S+ )*dist\/(\S+)\.js/.exec(command)?.[1];
  const end = args.indexOf('--');
  const options = (end < 0 ? args : args.slice(0, end)).filter((arg) => arg.startsWith('--') && arg !== '--help');
  if (options.length === 0) return null;
  const source = file === undefined ? '' : join(packageRoot, `${file}.ts`);
  if (!existsSync(source)) return `"${command}" takes no options`;
  const text = withImports(source);
  const unknown = options.find((option) => {
    const name = option.slice(2);
    return !text.includes(option) && !new RegExp(`^\\s*'?${name}'?: \\{ type: '`, 'm').test(text);
  });
  return unknown === undefined ? null : `${file}.ts has no option ${unknown}`;
}
