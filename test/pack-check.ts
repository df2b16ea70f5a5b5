/**
 * `npm run pack:check`: packs the package, looks at what is in it, installs it in an empty folder and uses it there as
 * somebody would who has nothing else: the command, the fixtures that come with it, an archive, the engine from
 * TypeScript. Dependencies come from npm's cache or registry.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pc from 'picocolors';
import { create } from 'tar';
import { expectNoArguments } from './support/command-line.js';
import { exampleIn, STRICT_PROJECT, typeScriptIn } from './support/examples.js';
import { faultsOf, lint, pack } from './support/package-files.js';
import { packageRoot } from './support/root.js';

expectNoArguments(
  'npm run pack:check',
  `Packs the package, looks at what is in it, installs it in an empty folder, and uses it there as somebody would who has
nothing else. Dependencies come from npm's cache or registry.

Exit code 0 where all of it works, 1 otherwise.`,
);

class CheckError extends Error {
  override readonly name = 'CheckError';
}

const scratch = mkdtempSync(path.join(tmpdir(), 'lockstep-pack-'));
const user = path.join(scratch, 'user');

/** Runs a command in the user's folder; answers what it printed. Throws where its exit code is not `wanted`. */
function ending(wanted: number, command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: user,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status === wanted) return stdout;
  throw new CheckError(`${command} ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
}

const use = (command: string, ...args: string[]): string => ending(0, command, ...args);

/** The command as it was installed, and never one from elsewhere. */
const lockstep = (...args: string[]): string => use('npx', '--no-install', 'lockstep', ...args);

async function check(name: string, work: () => Promise<string> | string): Promise<void> {
  const start = performance.now();
  const found = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${pc.green('✔')} ${name}  ${pc.dim(`${found}${found === '' ? '' : ', '}${seconds} s`)}`);
}

/** `246 of 246 cases passed in 5.1s`, or whatever the last line says. */
function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

/** An archive with the layout of a release: one of the corpus' files, not packed. */
async function writeArchive(file: string): Promise<void> {
  const folder = path.join(scratch, 'release');
  mkdirSync(path.join(folder, 'fixtures', 'blockchain_tests'), { recursive: true });
  const packed = readFileSync(path.join(packageRoot, 'corpus', 'fixtures', 'transfers.json.gz'));
  writeFileSync(path.join(folder, 'fixtures', 'blockchain_tests', 'transfers.json'), gunzipSync(packed));
  await create({ gzip: true, cwd: folder, file }, ['fixtures']);
}

/** Makes one case of the installed corpus fail: a balance that is not so. Answers what takes it back. */
function corruptCorpus(): () => void {
  const file = path.join(user, 'node_modules', 'lockstep', 'corpus', 'fixtures', 'transfers.json.gz');
  const whole = readFileSync(file);
  const tests = JSON.parse(gunzipSync(whole).toString()) as Record<string, { postState: Record<string, object> }>;
  const [account] = Object.values(tests.transfers_independent_London?.postState ?? {});
  if (account === undefined) throw new CheckError(`${file}: the case to corrupt is not there`);
  Object.assign(account, { balance: '0x1' });
  writeFileSync(file, gzipSync(JSON.stringify(tests)));
  return () => writeFileSync(file, whole);
}

async function checkAll(): Promise<void> {
  mkdirSync(user);
  const { filename, files } = await pack(scratch);
  const tarball = path.join(scratch, filename);
  await check('holds what is needed and no more', () => {
    const faults = faultsOf(files);
    if (faults.length > 0) throw new CheckError(faults.join('\n'));
    return `${files.length} files, ${Math.round(readFileSync(tarball).length / 1024)} KiB`;
  });
  await check('publint', async () => {
    const messages = await lint(tarball);
    if (messages !== '') throw new CheckError(messages);
    return 'nothing to say';
  });
  await check('installs in an empty folder', () => {
    writeFileSync(path.join(user, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    use('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball);
    return '';
  });
  await check('npx lockstep --help', () => {
    const text = lockstep('--help');
    if (!/^Usage: lockstep /.test(text)) throw new CheckError(text);
    return '';
  });
  await check('npx lockstep doctor', () => lastLine(lockstep('doctor')));
  await check('npx lockstep run', () => lastLine(lockstep('run', '--offline', '--threads', '2')));
  await check('the line that runs a failing case of the embedded corpus again, as it is printed', () => {
    const restore = corruptCorpus();
    const selection = ['--offline', '--threads', '2', '--grep', 'transfers_independent_'];
    const failed = ending(1, 'npx', '--no-install', 'lockstep', 'run', ...selection);
    const line = /^ +(npx lockstep run .*)$/m.exec(failed)?.[1];
    if (line === undefined) throw new CheckError(`it is not printed:\n${failed}`);
    const again = ending(1, 'sh', '-c', line);
    restore();
    if (!lastLine(again).startsWith('1 of 1 case failed')) throw new CheckError(`${line}\n${again}`);
    return line;
  });
  await check('npx lockstep run --fixtures fixtures_stable.tar.gz', async () => {
    await writeArchive(path.join(user, 'fixtures_stable.tar.gz'));
    const outputs = ['--json', 'report.json', '--html', 'report.html', '--junit', 'junit.xml', '--events', 'run.jsonl'];
    const text = lockstep('run', '--fixtures', 'fixtures_stable.tar.gz', '--threads', '2', ...outputs);
    lockstep('report', 'run.jsonl', '--html', 'again.html', '--quiet');
    lockstep('gate', '--baseline', 'report.json', '--report', 'run.jsonl');
    return lastLine(text);
  });
  await check('an example in TypeScript, checked and run', async () => {
    const blocks = await typeScriptIn('docs/embedding.md');
    for (const [i, code] of blocks.entries()) writeFileSync(path.join(user, `example-${i}.ts`), code);
    writeFileSync(path.join(user, 'tsconfig.json'), JSON.stringify(STRICT_PROJECT));
    use(process.execPath, path.join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', user);
    const printed = use(process.execPath, 'example-0.js');
    if (printed !== (await exampleIn('docs/embedding.md')).printed) throw new CheckError(printed);
    return `${blocks.length} files`;
  });
}

try {
  await checkAll();
} catch (error) {
  if (!(error instanceof CheckError)) throw error;
  console.error(`${pc.red('✘')} ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
