// Owns a reporter for node's test runner that writes for each file, as a line of JSON, how long its tests took, whether
// one failed, and whether it had none. scripts/test.mjs reads it.
// eslint-disable-next-line import-x/no-default-export -- the runner asks for one
export default async function* testFiles(events) {
  const files = new Map();
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A file that could not be run is reported as a test with the name of the file.
    const file = data.file ?? data.name;
    const known = files.get(file) ?? { file, ms: 0, failed: false };
    if (data.nesting === 0) known.ms += data.details.duration_ms;
    // So is a file whose tests were never declared, because its module failed and something heard of it first.
    if (type === 'test:pass' && data.nesting === 0 && /[\\/].+\.test\.js$/.test(data.name)) known.empty = true;
    if (type === 'test:fail' && data.todo === undefined) known.failed = true;
    files.set(file, known);
  }
  for (const file of files.values()) yield `${JSON.stringify(file)}\n`;
}
