// The ESLint rule `house/layers`: imports follow the table in layers.js.
import { posix } from 'node:path';
import { layers } from './layers.js';

/**
 * Where a file lies: its package, its path in src, and its layer (null for an entry file).
 *
 * @param {string} filename
 */
function placeOf(filename) {
  const match = /(?:^|\/)packages\/([^/]+)\/src\/(.+)$/.exec(filename.replaceAll('\\', '/'));
  if (match === null) return null;
  const [, packageFolder, path] = match;
  const slash = path.indexOf('/');
  return { packageFolder, path, folder: slash === -1 ? null : path.slice(0, slash) };
}

/**
 * What is wrong with an import, as a message id with its data, or null.
 *
 * @param {string} filename   the importing file
 * @param {string} specifier  as written
 */
export function judgeImport(filename, specifier) {
  const from = placeOf(filename);
  if (from === null || !Object.hasOwn(layers, from.packageFolder)) return null;
  const { mayImport, pure } = layers[from.packageFolder];

  if (from.folder !== null && !Object.hasOwn(mayImport, from.folder)) {
    return { messageId: 'unknownFolder', data: { folder: from.folder } };
  }
  if (specifier.startsWith('#') || specifier === from.packageFolder || specifier.startsWith(`${from.packageFolder}/`)) {
    return { messageId: 'builtSelf', data: { specifier } };
  }
  if (!specifier.startsWith('.')) {
    return from.folder !== null && pure.includes(from.folder)
      ? { messageId: 'impure', data: { folder: from.folder, specifier } }
      : null;
  }

  const target = posix.join(posix.dirname(from.path), specifier);
  if (target.startsWith('..')) return { messageId: 'outside', data: { specifier } };
  const [folder, ...rest] = target.split('/');
  if (rest.length === 0) {
    // An entry file. Only its like may import it.
    return from.folder === null ? null : { messageId: 'upward', data: { folder: from.folder, specifier } };
  }
  if (folder === from.folder) return null;
  if (from.folder !== null && !mayImport[from.folder].includes(folder)) {
    const allowed = mayImport[from.folder];
    return {
      messageId: 'wrongWay',
      data: { from: from.folder, to: folder, allowed: allowed.length === 0 ? 'no other folder' : allowed.join(', ') },
    };
  }
  return rest.length === 1 && rest[0] === 'index.js' ? null : { messageId: 'sideDoor', data: { folder } };
}

/** @type {import('eslint').Rule.RuleModule} */
export const layerRule = {
  meta: {
    type: 'problem',
    docs: { description: 'imports between the folders of a package follow lint/layers.js' },
    schema: [],
    messages: {
      wrongWay: '{{from}} must not import {{to}}; it may import {{allowed}} (lint/layers.js).',
      sideDoor: 'Enter {{folder}} through its index.js.',
      upward: '{{folder}} must not import the entry file {{specifier}}: dependencies point from entry files to layers.',
      impure: '{{folder}} does no I/O and imports nothing from outside its folder, so not {{specifier}}.',
      builtSelf: '{{specifier}} names the built package; inside src, import the source by its relative path.',
      outside: '{{specifier}} leaves the package.',
      unknownFolder: 'The folder {{folder}} is not in lint/layers.js: say there what it may import.',
    },
  },
  create(context) {
    /** @param {any} source  the node of the specifier, if the statement has one */
    function check(source) {
      if (typeof source?.value !== 'string') return;
      const problem = judgeImport(context.filename, source.value);
      if (problem !== null) context.report({ node: source, ...problem });
    }
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      /** @param {any} node  `import('./x.js').Type` */
      TSImportType: (node) => check(node.source),
    };
  },
};
