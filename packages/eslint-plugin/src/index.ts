// Owns the plugin object: the rules that find a leaked response body before the program runs.
import type { ESLint, Linter, Rule } from 'eslint';
import { noUnreadBody } from './rule/index.js';

export { noUnreadBody } from './rule/index.js';
export type { NoUnreadBodyOptions } from './rule/index.js';

const meta = { name: 'eslint-plugin-watertight', version: '0.1.0' } as const;
// The types of a rule in typescript-eslint and ESLint differ only in their syntax trees.
const rules = { 'no-unread-body': noUnreadBody as unknown as Rule.RuleModule };

/** The plugin object for `plugins` in ESLint's flat config. */
const plugin = {
  meta,
  rules,
  configs: {
    /** Every rule as an error. TypeScript files need typescript-eslint's parser with type information; JavaScript files do not. */
    get recommended(): Linter.Config {
      return { name: 'watertight/recommended', plugins: { watertight: plugin }, rules: { 'watertight/no-unread-body': 'error' } };
    },
  },
} satisfies ESLint.Plugin;

// ESLint's convention for plugins is a default export: `import watertight from 'eslint-plugin-watertight'`.
export default plugin;
