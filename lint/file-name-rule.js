// The ESLint rule `house/file-names`: a file or folder of src is named after a noun of the field,
// so that the name says what is inside. A name from the list below says only that there is more.
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
