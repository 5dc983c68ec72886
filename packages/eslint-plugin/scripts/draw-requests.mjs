// Draws calls that look as if they might leave a response unread, without the rule and without types: the other
// side of lint-checkouts.mjs, whose reports say nothing of what is missed.
//
//   node packages/eslint-plugin/scripts/draw-requests.mjs FOLDER [--sample N] [--seed N] [--reports FILE]
//
// A candidate is, by the text alone, a call of `fetch` or of a function with fetch in its name, of what a file
// imports from undici, node-fetch and their like, or of http.get and http.request, if its value is dropped or the
// function around it looks at the status of a response. Whether it leaks is for a reader to say.
// --reports names the file that `lint-checkouts.mjs --save` wrote: each candidate is then shown with "reported" or not.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { readCheckout } from './checkout.mjs';
import { shuffled } from './draw.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { sample: { type: 'string', default: '150' }, seed: { type: 'string', default: '1' }, reports: { type: 'string' } } });
const folder = positionals.at(0) && resolve(positionals[0]);
if (folder === undefined) {
  console.error('usage: draw-requests.mjs FOLDER [--sample N] [--seed N] [--reports FILE]');
  process.exit(2);
}

const FETCH_PACKAGES = /^(undici|node-fetch|cross-fetch|isomorphic-fetch|isomorphic-unfetch|node-fetch-native|ky|make-fetch-happen|minipass-fetch|@adobe\/fetch|electron-fetch)$/;
const HTTP_PACKAGES = /^(node:)?https?$|^follow-redirects$/;
/** What a package's functions other than requests are called. */
const NO_REQUEST = /^(setGlobalDispatcher|getGlobalDispatcher|install|[A-Z].*)$/;

/** The names that a file binds to clients: functions that request, and objects with functions that do. */
function clientsOf(source) {
  const functions = new Set(['fetch']);
  const http = new Set();
  const objects = new Set(['globalThis', 'window', 'self', 'global']);
  const bind = (name, from, whole) => {
    if (HTTP_PACKAGES.test(from)) {
      if (whole) http.add(name);
    } else if (FETCH_PACKAGES.test(from) && !NO_REQUEST.test(name)) (whole && from === 'undici' ? objects : functions).add(name);
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier) && node.importClause) {
      const from = node.moduleSpecifier.text;
      const { name, namedBindings } = node.importClause;
      if (name) bind(name.text, from, true);
      if (namedBindings && ts.isNamespaceImport(namedBindings)) bind(namedBindings.name.text, from, true);
      if (namedBindings && ts.isNamedImports(namedBindings)) for (const each of namedBindings.elements) bind(each.name.text, from, false);
    }
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isCallExpression(node.initializer) && node.initializer.expression.getText(source) === 'require') {
      const [from] = node.initializer.arguments;
      if (from && ts.isStringLiteralLike(from)) {
        if (ts.isIdentifier(node.name)) bind(node.name.text, from.text, true);
        else if (ts.isObjectBindingPattern(node.name)) for (const each of node.name.elements) bind(each.name.getText(source), from.text, false);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { functions, http, objects };
}

function isRequest(call, source, { functions, http, objects }) {
  const { expression } = call;
  if (ts.isIdentifier(expression)) return functions.has(expression.text) || /^(_|\$|native|node|base|original|safe|custom|auth\w*)?fetch(Fn|Impl|With\w*|er)?$/i.test(expression.text);
  if (!ts.isPropertyAccessExpression(expression)) return false;
  const name = expression.name.text;
  const object = expression.expression.getText(source);
  if (http.has(object)) return name === 'get' || name === 'request';
  if (objects.has(object)) return /^(fetch|request|stream)$/.test(name);
  return /^_?fetch(Fn|Impl)?$/.test(name) && !/cache|repo|channel|guild|member|message|queue|db|query/i.test(object);
}

const STATUS = /\.(ok|status|statusCode)\b/;

/** Whether the value is dropped, or a status is looked at in the function around it. */
function isCandidate(call, source) {
  let at = call;
  while (ts.isAwaitExpression(at.parent) || ts.isParenthesizedExpression(at.parent) || ts.isVoidExpression(at.parent) || (ts.isPropertyAccessExpression(at.parent) && /^(then|catch|finally)$/.test(at.parent.name.text)) || (ts.isCallExpression(at.parent) && at.parent.expression === at)) at = at.parent;
  if (ts.isExpressionStatement(at.parent)) return true;
  let home = at.parent;
  while (home.parent && !ts.isFunctionLike(home)) home = home.parent;
  return STATUS.test(home.getText(source));
}

const all = [];
let files = 0;
let calls = 0;
for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).sort((a, b) => (a.name < b.name ? -1 : 1))) {
  for (const file of readCheckout(join(folder, name)).files) {
    files++;
    const text = readFileSync(file, 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
    const clients = clientsOf(source);
    const visit = (node) => {
      if (ts.isCallExpression(node) && isRequest(node, source, clients)) {
        calls++;
        if (isCandidate(node, source)) all.push({ file: relative(folder, file), line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1, text });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
}
console.log(`${files} files, ${calls} calls that look like requests, ${all.length} candidates, ${values.sample} drawn with seed ${values.seed}`);

const reports = values.reports === undefined ? null : new Set(JSON.parse(readFileSync(values.reports, 'utf8')).map(({ file, line }) => `${file}:${line}`));
for (const [index, { file, line, text }] of shuffled(all, Number(values.seed)).slice(0, Number(values.sample)).entries()) {
  const verdict = reports === null ? '' : reports.has(`${file}:${line}`) ? ' reported' : ' not reported';
  console.log(`\n#${index + 1} ${file}:${line}${verdict}`);
  const lines = text.split('\n');
  for (const [offset, each] of lines.slice(Math.max(0, line - 4), line + 34).entries()) console.log(`  ${Math.max(1, line - 3) + offset}| ${each.slice(0, 150)}`);
}
