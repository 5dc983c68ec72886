/**
 * Owns the typed reading of YAML, and with it JSON: each value knows its place in the file.
 *
 * Asking a value for something that it is not throws an error that names the place, the value and the rule.
 * Pure.
 */
import leven from 'leven';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { ConfigError, type Place } from './config-error.js';

/** The file of a node, and what is needed to compute its line and column. */
interface Context {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document;
}

/** A value of a configuration file. `name` is what it is called in messages: `targets[2].url`. */
export class ConfigNode {
  private constructor(
    private readonly context: Context,
    private readonly node: Node | null,
    readonly name: string,
    private readonly offset: number,
  ) {}

  /** The root of a document. @throws ConfigError for text that is no YAML. */
  static parse(text: string, file: string): ConfigNode {
    const lines = new LineCounter();
    // A byte order mark is no part of the text.
    const document = parseDocument(text.replace(/^\uFEFF/, ''), { lineCounter: lines, prettyErrors: false, version: '1.2' });
    const [error] = document.errors;
    if (error !== undefined) throw new ConfigError(file, placeIn(lines, error.pos[0]), `${sentence(error.message)} (this is no YAML)`);
    return new ConfigNode({ file, lines, document }, document.contents, '', 0);
  }

  get file(): string {
    return this.context.file;
  }

  get place(): Place {
    return placeIn(this.context.lines, this.node?.range?.[0] ?? this.offset);
  }

  /** The error of a value that breaks a rule. */
  error(complaint: string, options?: ErrorOptions): ConfigError {
    return new ConfigError(this.file, this.place, this.name === '' ? complaint : `${this.name}: ${complaint}`, options);
  }

  /** Whether nothing was written here: an empty file, or a key without a value. */
  get isEmpty(): boolean {
    const { node } = this;
    return node === null || (isScalar(node) && node.value === null);
  }

  /** Its entries by key, if it has no others than `known`. @throws ConfigError */
  fields(...known: readonly string[]): ReadonlyMap<string, ConfigNode> {
    const entries = this.entries();
    for (const [key, node] of entries) {
      if (known.includes(key)) continue;
      const nearest = known.map((name) => ({ name, distance: leven(name, key.toLowerCase()) })).sort((a, b) => a.distance - b.distance)[0];
      const hint = nearest !== undefined && nearest.distance <= Math.max(1, nearest.name.length / 3) ? `did you mean ${nearest.name}?` : `${known.length === 1 ? 'the only key' : 'the keys'} here: ${known.join(', ')}`;
      throw new ConfigError(this.file, placeIn(this.context.lines, node.offset), `${this.name === '' ? '' : `${this.name}: `}there is no key ${JSON.stringify(key)}; ${hint}`);
    }
    return entries;
  }

  /** Its entries, whatever the keys. @throws ConfigError */
  entries(): ReadonlyMap<string, ConfigNode> {
    const map = this.resolved();
    if (this.isEmpty) return new Map();
    if (!isMap(map)) throw this.error(`this is ${kindOf(map)}, and has to be keys with values (key: value)`);
    return new Map(
      map.items.map((pair) => {
        const key = pair.key as Node | null;
        const offset = key?.range?.[0] ?? this.offset;
        const word = isScalar(key) ? wordOf(key.value) : null;
        if (word === null) throw new ConfigError(this.file, placeIn(this.context.lines, offset), 'a key is a word');
        return [word, new ConfigNode(this.context, pair.value as Node | null, this.name === '' ? word : `${this.name}.${word}`, offset)];
      }),
    );
  }

  /** Its items. @throws ConfigError */
  items(): ConfigNode[] {
    const list = this.resolved();
    if (this.isEmpty) return [];
    if (!isSeq(list)) throw this.error(`this is ${kindOf(list)}, and has to be a list (- item)`);
    return list.items.map((item, index) => new ConfigNode(this.context, item as Node, `${this.name}[${index}]`, list.range?.[0] ?? this.offset));
  }

  /** `secret`: the value is not shown. @throws ConfigError */
  text({ secret = false }: { secret?: boolean } = {}): string {
    const value = this.scalar();
    if (typeof value !== 'string') throw this.error(`this is ${secret ? kindOf(this.resolved()) : this.show()}, and has to be text${typeof value === 'number' || typeof value === 'boolean' ? ': write it in quotes' : ''}`);
    if (value.trim() === '') throw this.error('this is empty');
    return value;
  }

  /** A whole number. @throws ConfigError */
  integer(least: number, most: number, unit = ''): number {
    const value = this.scalar();
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw this.error(`this is ${this.show()}, and has to be a whole number${unit === '' ? '' : ` of ${unit}`} ${most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`}`);
    }
    return value;
  }

  /** Text, or a number or truth value as it is written. @throws ConfigError */
  label(): string {
    const word = wordOf(this.scalar());
    if (word === null) throw this.error(`this is ${kindOf(this.resolved())}, and has to be text`);
    return word;
  }

  private scalar(): unknown {
    const node = this.resolved();
    return isScalar(node) ? node.value : undefined;
  }

  private show(): string {
    const value = this.scalar();
    if (value === undefined) return kindOf(this.resolved());
    const shown = JSON.stringify(typeof value === 'bigint' ? String(value) : value);
    return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
  }

  private resolved(): Node | null {
    if (!isAlias(this.node)) return this.node;
    return this.node.resolve(this.context.document) ?? null;
  }
}

function wordOf(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : null;
}

function kindOf(node: Node | null): string {
  if (isMap(node)) return 'a set of keys';
  if (isSeq(node)) return 'a list';
  if (isScalar(node) && node.value !== null) return `a ${typeof node.value === 'string' ? 'text' : typeof node.value === 'boolean' ? 'truth value' : typeof node.value}`;
  return 'empty';
}

function placeIn(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function sentence(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[.\s]+$/, '');
}
