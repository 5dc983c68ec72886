/**
 * Owns the control flow of one file as data: ESLint's code paths, with the events of each segment in order.
 * The forks and joins are ESLint's; this only records them.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import { conditionText } from './condition-text.js';
import { endsInTest } from './test-outcome.js';

/** The part of ESLint's code path segment that is used. */
export interface RawSegment {
  readonly id: string;
  readonly nextSegments: readonly RawSegment[];
  readonly prevSegments: readonly RawSegment[];
}

/** The part of ESLint's code path that is used. */
export interface RawCodePath {
  readonly id: string;
  readonly initialSegment: RawSegment;
  readonly finalSegments: readonly RawSegment[];
}

/** A sequence of code without forks. */
export interface Segment {
  readonly raw: RawSegment;
  /** The nodes that can use a value, in the order of evaluation. */
  readonly events: TSESTree.Node[];
  /** The first node: a branch's body, a catch clause, a loop's test. */
  readonly start: TSESTree.Node;
  /** The last node. */
  end: TSESTree.Node | null;
  /** The condition at which it forks. */
  test: TSESTree.Node | null;
}

/** The code path of a function or of the program. */
export interface CodeGraph {
  readonly node: TSESTree.Node;
  readonly codePath: RawCodePath;
  readonly segments: Map<RawSegment, Segment>;
  /** The number of times each condition's text occurs: only the outcomes of repeated conditions are remembered. */
  readonly conditions: Map<string, number>;
}

/** The place of a node's evaluation. A `finally` block is in two segments: one continues after it, one leaves the function. */
export interface Place {
  readonly graph: CodeGraph;
  readonly segment: Segment;
  readonly index: number;
}

/** The events of a file's code, in order, and their places. */
export interface FileGraph {
  /** Code paths by their first node: a function, the program, a static block, a field's value. */
  readonly graphs: ReadonlyMap<TSESTree.Node, CodeGraph>;
  readonly places: ReadonlyMap<TSESTree.Node, readonly Place[]>;
  /** The calls, and the promises made with `new Promise`, in the order of their ends. */
  readonly calls: readonly Call[];
}

export type Call = TSESTree.CallExpression | TSESTree.NewExpression;

/** The types of nodes that are events. */
const EVENTS: ReadonlySet<string> = new Set<string>([
  'Identifier',
  'CallExpression',
  'NewExpression',
  'AssignmentExpression',
  'UpdateExpression',
  'VariableDeclarator',
  'ReturnStatement',
  'ThrowStatement',
  'BreakStatement',
  'ContinueStatement',
  // The end of a block.
  'BlockStatement',
]);

/** The listeners that fill a file graph; a rule adds them to its own. */
export interface GraphListeners {
  onCodePathStart: (codePath: RawCodePath, node: TSESTree.Node) => void;
  onCodePathEnd: (codePath: RawCodePath, node: TSESTree.Node) => void;
  onCodePathSegmentStart: (segment: RawSegment, node: TSESTree.Node) => void;
  onCodePathSegmentEnd: (segment: RawSegment, node: TSESTree.Node) => void;
  '*:exit': (node: TSESTree.Node) => void;
}

interface Frame {
  readonly graph: CodeGraph;
  readonly current: Set<Segment>;
}

/** Records a file's code paths while ESLint walks it. */
export class GraphRecorder implements FileGraph {
  readonly graphs = new Map<TSESTree.Node, CodeGraph>();
  readonly places = new Map<TSESTree.Node, Place[]>();
  readonly calls: Call[] = [];
  private readonly frames: Frame[] = [];

  constructor(private readonly textOf: (node: TSESTree.Node) => string) {}

  /** `done` is called when the program's own code path, the last one, is complete. */
  listeners(done: () => void): GraphListeners {
    return {
      onCodePathStart: (codePath, node) => {
        // A function is an event of the code around it: there the closure is made.
        if (this.frames.length > 0) this.record(node);
        const graph: CodeGraph = { node, codePath, segments: new Map(), conditions: new Map() };
        // A field's value that is a function begins two code paths; the inner one belongs to the function.
        this.graphs.set(node, graph);
        this.frames.push({ graph, current: new Set() });
      },
      onCodePathEnd: (_codePath, node) => {
        this.frames.pop();
        if (node.type === 'Program') done();
      },
      onCodePathSegmentStart: (raw, node) => {
        const frame = this.frames.at(-1);
        if (frame === undefined) return;
        const segment: Segment = { raw, events: [], start: node, end: null, test: null };
        frame.graph.segments.set(raw, segment);
        frame.current.add(segment);
      },
      onCodePathSegmentEnd: (raw, node) => {
        const frame = this.frames.at(-1);
        const segment = frame?.graph.segments.get(raw);
        if (frame === undefined || segment === undefined) return;
        segment.end = node;
        frame.current.delete(segment);
      },
      '*:exit': (node) => {
        if (EVENTS.has(node.type)) this.record(node);
        if (endsInTest(node)) this.recordTest(node);
        if (node.type === 'CallExpression' || isNewPromise(node)) this.calls.push(node);
      },
    };
  }

  private record(node: TSESTree.Node): void {
    const frame = this.frames.at(-1);
    if (frame === undefined) return;
    for (const segment of frame.current) {
      const place: Place = { graph: frame.graph, segment, index: segment.events.length };
      segment.events.push(node);
      const places = this.places.get(node);
      if (places === undefined) this.places.set(node, [place]);
      else places.push(place);
    }
  }

  private recordTest(node: TSESTree.Node): void {
    const frame = this.frames.at(-1);
    if (frame === undefined) return;
    for (const segment of frame.current) segment.test = node;
    const source = this.textOf(node);
    if (source.length >= 200) return;
    const { text } = conditionText(source);
    frame.graph.conditions.set(text, (frame.graph.conditions.get(text) ?? 0) + 1);
  }
}

export function isNewPromise(node: TSESTree.Node): node is TSESTree.NewExpression {
  return node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.callee.name === 'Promise';
}
