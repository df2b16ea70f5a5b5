/** What is wrong with a fixture, behind the source that it stands in: two sources may hold files of one name. */

export interface FixtureFault {
  readonly source: string;
  readonly file: string;
  /** Begins with the file where that is at fault, as opposed to the process that read it. */
  readonly message: string;
}

export function fixtureFault({ source, file, message }: FixtureFault): string {
  const said = message.startsWith(file) ? message : `${file}: ${message}`;
  // A source that is one file is called like it.
  const isFile = source === file || source.endsWith(`/${file}`);
  return isFile ? `${source}${said.slice(file.length)}` : `${source}: ${said}`;
}
