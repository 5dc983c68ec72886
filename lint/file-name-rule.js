// Owns the ESLint rule `house/file-names`: a file or folder of src has a noun of the field as its name, so that the
// name tells what is inside. The names in the list below do not.
import { parse } from 'node:path';

const emptyNames = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'core', 'manager', 'misc', 'shared', 'types']);

/** @type {import('eslint').Rule.RuleModule} */
export const fileNameRule = {
  meta: {
    type: 'problem',
    docs: { description: 'files and folders are named after what they own' },
    schema: [],
    messages: { empty: '“{{name}}” does not say what is inside: name it after what it owns.' },
  },
  create(context) {
    return {
      Program(node) {
        const path = context.filename.replaceAll('\\', '/').split('/src/').at(-1) ?? '';
        for (const part of path.split('/')) {
          const { name } = parse(part);
          if (emptyNames.has(name)) context.report({ node, messageId: 'empty', data: { name } });
        }
      },
    };
  },
};
