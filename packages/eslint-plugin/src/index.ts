// eslint-plugin-watertight: the rules that find a leaked response body before the program runs.
//
// The plugin has no rules yet. They come when the client's own API has settled, because a rule
// must know which calls return a body and which calls release one.
import type { ESLint } from 'eslint';

/** The plugin object, as ESLint's flat config takes it under `plugins`. It has no rules yet. */
const plugin: ESLint.Plugin = {
  meta: { name: 'eslint-plugin-watertight', version: '0.1.0' },
  rules: {},
};

// ESLint's own convention for plugins is a default export: `import watertight from 'eslint-plugin-watertight'`.
export default plugin;
