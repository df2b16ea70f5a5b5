/** The reporters that the options of a command ask for. */
import { GithubReporter } from '../../reports/github.js';
import { HtmlReporter } from '../../reports/html/reporter.js';
import { JsonReporter } from '../../reports/json.js';
import { JunitReporter } from '../../reports/junit.js';
import { TerminalReporter } from '../../reports/terminal.js';
import { WrittenFiles } from '../../reports/written.js';
import type { Reporter } from '../events/events.js';

/** What `run` and `report` have in common. */
export interface ReporterOptions {
  readonly json?: string;
  /** Where the report page is written. */
  readonly html?: string;
  readonly junit?: string;
  readonly github?: boolean;
  readonly quiet?: boolean;
  /** False after `--no-color`. */
  readonly color: boolean;
}

/** The file that GitHub's runner gives to each step; there is no other way to add to its summary. */
export function summaryPath(): string | null {
  return process.env.GITHUB_STEP_SUMMARY || null;
}

/** `live`: the run goes on while it is told of. */
export function reportersOf({ json, html, junit, github, quiet, color }: ReporterOptions, live: boolean): Reporter[] {
  const out = process.stdout;
  const files = [
    ...(json === undefined ? [] : [{ path: json, reporter: new JsonReporter(json) }]),
    ...(html === undefined ? [] : [{ path: html, reporter: new HtmlReporter(html) }]),
    ...(junit === undefined ? [] : [{ path: junit, reporter: new JunitReporter(junit) }]),
  ];
  return [
    new TerminalReporter({ out, color, quiet: quiet === true, live }),
    new WrittenFiles(quiet === true ? null : out, files),
    ...(github === true ? [new GithubReporter({ out, summaryPath: summaryPath() })] : []),
  ];
}
