// Removes what the build, the tests, the documentation and the coverage run have written: `npm run clean`.
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const written = readdirSync(new URL('packages/', root)).flatMap((name) => [
  `packages/${name}/dist`,
  `packages/${name}/dist-test`,
]);
for (const path of [...written, 'dist', 'coverage']) {
  rmSync(fileURLToPath(new URL(path, root)), { recursive: true, force: true });
}
