/** Owns the layout of inserted code: one statement a line, in the indentation of the file. */
import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import type { ReleasePoint } from '../paths/index.js';

/** A change of the text. */
export interface Edit {
  readonly range: TSESTree.Range;
  readonly text: string;
}

/** The changes for one insertion; null where the layout cannot be kept, for example because of a comment. */
export type Insertion = readonly Edit[] | null;

export class Layout {
  private readonly text: string;
  private readonly newline: string;
  private readonly step: string;

  constructor(private readonly sourceCode: Readonly<TSESLint.SourceCode>) {
    this.text = sourceCode.text;
    this.newline = this.text.includes('\r\n') ? '\r\n' : '\n';
    this.step = stepOf(sourceCode.lines);
  }

  /** The change that runs `code`, a statement, at the point. `condition`: the guard's, as it is to be asked. */
  insertionAt(point: ReleasePoint, code: string, condition: string | null = null): Insertion {
    switch (point.kind) {
      case 'before':
        return this.before(point.statement, [code]);
      case 'end':
        return this.atEnd(point.block, code);
      case 'else':
        return this.asElse(point.of, code);
      case 'guard':
        return condition === null ? null : this.before(point.statement, [`if (${condition}) {`, `${this.step}${code}`, '}']);
    }
  }

  /** The statement that goes after another one, on a line of its own. */
  after(statement: TSESTree.Statement, code: string): Insertion {
    const block = this.oneLineBlock(statement);
    if (block !== null) return this.spread(block, block.body.indexOf(statement) + 1, [code]);
    const end = statement.range[1];
    return [{ range: [end, end], text: `${this.newline}${this.indentOf(statement)}${code}` }];
  }

  private before(statement: TSESTree.Statement, lines: readonly string[]): Insertion {
    const { parent } = statement;
    const block = this.oneLineBlock(statement);
    if (block !== null) return this.spread(block, block.body.indexOf(statement), lines);
    const indent = this.indentOf(statement);
    const start = statement.range[0];
    if (parent.type === 'BlockStatement' || parent.type === 'Program' || parent.type === 'StaticBlock' || parent.type === 'SwitchCase') {
      const isFirst = this.text.slice(this.lineStart(start), start).trim() === '';
      const inner = isFirst ? indent : parent.type === 'SwitchCase' ? indent + this.step : indent;
      const inserted = lines.join(`${this.newline}${inner}`) + this.newline + inner;
      if (isFirst) return [{ range: [start, start], text: inserted }];
      return [{ range: [this.trimmedBefore(start), start], text: `${this.newline}${inner}${inserted}` }];
    }
    return this.wrapped(statement, lines);
  }

  /** The statement of a branch that is no block yet. */
  private wrapped(statement: TSESTree.Statement, lines: readonly string[]): Insertion {
    const before = this.sourceCode.getTokenBefore(statement);
    if (before === null || this.sourceCode.getCommentsBefore(statement).length > 0) return null;
    const outer = this.indentOf(statement.parent);
    const inner = outer + this.step;
    const body = [...lines, this.textOf(statement, inner)].map((line) => inner + line).join(this.newline);
    const follows = statement.parent?.type === 'IfStatement' && statement.parent.consequent === statement && statement.parent.alternate !== null;
    const end = follows ? (this.sourceCode.getTokenAfter(statement)?.range[0] ?? statement.range[1]) : statement.range[1];
    if (follows && this.text.slice(statement.range[1], end).trim() !== '') return null;
    return [{ range: [before.range[1], end], text: ` {${this.newline}${body}${this.newline}${outer}}${follows ? ' ' : ''}` }];
  }

  private atEnd(block: TSESTree.BlockStatement, code: string): Insertion {
    if (block.loc.start.line === block.loc.end.line) return this.spread(block, block.body.length, [code]);
    const brace = block.range[1] - 1;
    const last = block.body.at(-1);
    const outer = this.indentOfLine(brace);
    const indent = last !== undefined && this.startsLine(last) ? this.indentOf(last) : outer + this.step;
    if (this.text.slice(this.lineStart(brace), brace).trim() !== '') return [{ range: [brace, brace], text: `${this.newline}${indent}${code}${this.newline}${outer}` }];
    return [{ range: [this.lineStart(brace), this.lineStart(brace)], text: `${indent}${code}${this.newline}` }];
  }

  private asElse(statement: TSESTree.IfStatement, code: string): Insertion {
    const { consequent } = statement;
    const indent = this.indentOf(statement);
    const end = statement.range[1];
    const branch = `else {${this.newline}${indent}${this.step}${code}${this.newline}${indent}}`;
    if (consequent.type === 'BlockStatement') return [{ range: [end, end], text: ` ${branch}` }];
    // An `else` after another statement may belong to an `if` inside of it.
    if (!/^(Expression|Return|Throw|Break|Continue)Statement$/.test(consequent.type)) return null;
    return [{ range: [end, end], text: `${this.newline}${indent}${branch}` }];
  }

  /** The block around a statement, if it is written on one line. */
  private oneLineBlock(statement: TSESTree.Statement): TSESTree.BlockStatement | null {
    const { parent } = statement;
    return parent.type === 'BlockStatement' && parent.loc.start.line === parent.loc.end.line ? parent : null;
  }

  /** A block of one line, written with one line for each statement; `lines` come before the statement number `at`. */
  private spread(block: TSESTree.BlockStatement, at: number, lines: readonly string[]): Insertion {
    if (this.sourceCode.getCommentsInside(block).length > 0) return null;
    const outer = this.newline + this.indentOf(block);
    const inner = outer + this.step;
    const inserted = lines.map((line) => inner + line).join('');
    const bounds = [block.range[0] + 1, ...block.body.flatMap(({ range }) => range), block.range[1] - 1];
    return Array.from({ length: block.body.length + 1 }, (_each, gap) => ({
      range: [bounds[2 * gap], bounds[2 * gap + 1]],
      text: (gap === at ? inserted : '') + (gap === block.body.length ? outer : inner),
    }));
  }

  private textOf(node: TSESTree.Node, indent: string): string {
    const text = this.sourceCode.getText(node);
    if (node.loc.start.line === node.loc.end.line || hasTemplate(text)) return text;
    const old = this.indentOf(node);
    return text
      .split(/\r?\n/)
      .map((line, index) => (index > 0 && line.startsWith(old) ? indent + line.slice(old.length) : line))
      .join(this.newline);
  }

  private startsLine(node: TSESTree.Node): boolean {
    const [start] = node.range;
    return this.text.slice(this.lineStart(start), start).trim() === '';
  }

  private indentOf(node: TSESTree.Node): string {
    return this.indentOfLine(node.range[0]);
  }

  private indentOfLine(at: number): string {
    return /^[ \t]*/.exec(this.text.slice(this.lineStart(at)))![0];
  }

  private lineStart(at: number): number {
    return this.text.lastIndexOf('\n', at - 1) + 1;
  }

  private trimmedBefore(at: number): number {
    return this.text.slice(0, at).trimEnd().length;
  }
}

/** A template's lines are part of its value. */
function hasTemplate(text: string): boolean {
  return text.includes('`');
}

/** One step of indentation: that of the first indented line. */
function stepOf(lines: readonly string[]): string {
  for (const line of lines) {
    const found = /^(\t| {2,8})(?=[^\s*])/.exec(line);
    if (found !== null) return found[1];
  }
  return '  ';
}
