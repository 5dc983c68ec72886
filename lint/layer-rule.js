// Owns the ESLint rule `house/layers`: imports must follow the table in layers.js.
import { posix } from 'node:path';
import { layers } from './layers.js';

/**
 * The place of a file: its package, and its path in src.
 *
 * @param {string} filename
 */
function placeOf(filename) {
  const match = /(?:^|\/)packages\/([^/]+)\/src\/(.+)$/.exec(filename.replaceAll('\\', '/'));
  return match === null ? null : { packageFolder: match[1], path: match[2] };
}

/**
 * The layer of a path in src: the room in a folder if the table has one, otherwise the folder; null for an
 * entry file, which is beside the folders.
 *
 * @param {string} path
 * @param {Record<string, readonly string[]>} mayImport
 */
function layerOf(path, mayImport) {
  const [folder, ...rest] = path.split('/');
  if (rest.length === 0) return null;
  const room = `${folder}/${rest[0]}`;
  return rest.length > 1 && Object.hasOwn(mayImport, room) ? room : folder;
}

/**
 * The folder around a room, if that folder has its own index.ts: from outside, only that one may be imported.
 *
 * @param {string} layer
 * @param {Record<string, readonly string[]>} mayImport
 */
function outerDoorOf(layer, mayImport) {
  const [folder, room] = layer.split('/');
  return room !== undefined && Object.hasOwn(mayImport, folder) ? folder : null;
}

/**
 * The defect of an import, as a message id with its data, or null.
 *
 * @param {string} filename   the importing file
 * @param {string} specifier  as written
 */
export function judgeImport(filename, specifier) {
  const from = placeOf(filename);
  if (from === null || !Object.hasOwn(layers, from.packageFolder)) return null;
  const { mayImport, pure } = layers[from.packageFolder];

  const layer = layerOf(from.path, mayImport);
  if (layer !== null && !Object.hasOwn(mayImport, layer)) {
    return { messageId: 'unknownFolder', data: { folder: layer } };
  }
  if (specifier.startsWith('#') || specifier === from.packageFolder || specifier.startsWith(`${from.packageFolder}/`)) {
    return { messageId: 'builtSelf', data: { specifier } };
  }
  if (!specifier.startsWith('.')) {
    return layer !== null && pure.includes(layer)
      ? { messageId: 'impure', data: { folder: layer, specifier } }
      : null;
  }

  const target = posix.join(posix.dirname(from.path), specifier);
  if (target.startsWith('..')) return { messageId: 'outside', data: { specifier } };
  const targetLayer = layerOf(target, mayImport);
  if (targetLayer === null) {
    // An entry file, which only another entry file may import.
    return layer === null ? null : { messageId: 'upward', data: { folder: layer, specifier } };
  }
  if (targetLayer === layer) return null;
  const outerDoor = outerDoorOf(targetLayer, mayImport);
  const sameFolder = layer !== null && layer.split('/')[0] === targetLayer.split('/')[0];
  if (outerDoor !== null && !sameFolder) return { messageId: 'sideDoor', data: { folder: outerDoor } };
  if (layer !== null && !mayImport[layer].includes(targetLayer)) {
    const allowed = mayImport[layer];
    return {
      messageId: 'wrongWay',
      data: { from: layer, to: targetLayer, allowed: allowed.length === 0 ? 'no other folder' : allowed.join(', ') },
    };
  }
  return target === `${targetLayer}/index.js` ? null : { messageId: 'sideDoor', data: { folder: targetLayer } };
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
