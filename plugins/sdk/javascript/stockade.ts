// Write stockade rule plugins in TypeScript or JavaScript.
//
//     export const rules = plugin({
//       checks: { "no-tabs": (source, params, out) => { ... } },
//     });
//
// The names of the checks are those in `plugin.kdl`. Spans are UTF-8 bytes, as the host counts; strings of JavaScript
// count UTF-16 units. Nodes convert by themselves; `Source.byteOffset` and `Source.index` do so where a check searches in
// `Source.text`.

// --- what crosses the boundary: as in `wit/v0.1.0/plugin.wit`, whose comments hold --------------------------------

export type Span = { start: number; end: number };
export type Edit = { span: Span; replacement: string };
export type Applicability = "safe" | "unsafe" | "manual";
export type Fix = { title: string; applicability: Applicability; edits: Edit[] };
export type Label = { path?: string; span: Span; message: string };
export type Finding = {
  rule: number; file: number; span?: Span; node?: number; message: string; help?: string;
  labels: Label[]; fixes: Fix[]; key?: string; data: [string, string][];
};
export type Fact = { key: string; value: string; span?: Span };
export type FileFacts = { path: string; kind: string; facts: Fact[] };
type Param = { depth: number; name: string; args: string[]; props: [string, string][] };
type Rule = { index: number; id: string; check: string; params: Param[] };
type Table = { name: string; stride: number; cells: Uint32Array };
type RawSource = { path: string; kind: string; marks: string[]; data: string; textLen: number; tables: Table[] };

const NONE = 0xffffffff;
const COLUMNS = 13;

export const Kind = { stream: 0, mapping: 1, sequence: 2, scalar: 3, alias: 4, element: 5, error: 6, merge: 7 };
export const Type = { string: 0, null: 1, bool: 2, int: 3, float: 4, timestamp: 5 };
export const Flag = { unknown: 1, partial: 2, implicit: 4, defaulted: 8, anchored: 16, duplicate: 32 };

/** Where a finding is: a span, and the node it is about. */
export type Place = { span: Span; node?: Node };

/** Bytes of the character at `index`, and 0 for the second half of a pair, which the first has counted. */
function width(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  if (unit >= 0xd800 && unit < 0xdc00) return 4;
  return unit >= 0xdc00 && unit < 0xe000 ? 0 : 3;
}

/** How many bytes a string has in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += width(text, i);
  return bytes;
}

/** A file: its path, kind, marks, text, and its nodes from `root` on. */
export class Source {
  readonly path: string;
  readonly kind: string;
  readonly marks: string[];
  readonly root: Node;
  /** @internal */
  readonly cells: Uint32Array;
  /** @internal */
  readonly stride: number;
  private readonly data: string;
  private readonly textLength: number;
  private readonly comments_?: Table;
  /** For each byte of the data its place in the string; absent where all is ASCII and they are the same. */
  private readonly indices?: Uint32Array;

  constructor(raw: RawSource) {
    this.path = raw.path;
    this.kind = raw.kind;
    this.marks = raw.marks;
    this.data = raw.data;
    this.textLength = raw.textLen;
    const bytes = utf8Length(raw.data);
    if (bytes !== raw.data.length) {
      const indices = new Uint32Array(bytes + 1);
      let at = 0;
      for (let i = 0; i < raw.data.length; i++) {
        for (let end = at + width(raw.data, i); at < end; at++) indices[at] = i;
      }
      indices[bytes] = raw.data.length;
      this.indices = indices;
    }
    const nodes = raw.tables.find((table) => table.name === "nodes" && table.stride >= COLUMNS);
    this.cells = nodes ? nodes.cells : new Uint32Array(0);
    this.stride = nodes ? nodes.stride : COLUMNS;
    this.comments_ = raw.tables.find((table) => table.name === "comments" && table.stride >= 3);
    this.root = new Node(this, nodes ? 0 : NONE);
  }

  /** The file's text. */
  get text(): string {
    return this.cut(0, this.textLength);
  }

  /** The text under a span. */
  slice(span: Span): string {
    return this.cut(span.start, Math.min(span.end, this.textLength));
  }

  /** The byte offset of an index into `text`. */
  byteOffset(index: number): number {
    return this.indices ? utf8Length(this.data.slice(0, index)) : index;
  }

  /** The index into `text` of a byte offset. */
  index(byteOffset: number): number {
    return this.indices ? this.indices[byteOffset] ?? this.data.length : byteOffset;
  }

  /** The comments: span, and the node that each speaks about. */
  *comments(): Generator<{ span: Span; node: Node }> {
    const { cells, stride } = this.comments_ ?? { cells: new Uint32Array(0), stride: 3 };
    for (let at = 0; at + stride <= cells.length; at += stride) {
      yield { span: { start: cells[at], end: cells[at + 1] }, node: new Node(this, cells[at + 2]) };
    }
  }

  /** @internal */
  cut(start: number, end: number): string {
    return start < end ? this.data.slice(this.index(start), this.index(end)) : "";
  }
}

/** A row of the table of nodes. */
export class Node {
  constructor(readonly source: Source, readonly row: number) {}

  private cell(column: number): number {
    return this.source.cells[this.row * this.source.stride + column] ?? NONE;
  }

  private link(column: number): Node | undefined {
    const row = this.cell(column);
    return row === NONE ? undefined : new Node(this.source, row);
  }

  /** One of `Kind`. */
  get kind(): number {
    return this.cell(0) & 0xff;
  }

  /** Of a scalar: one of `Type`. */
  get type(): number {
    return (this.cell(0) >>> 8) & 0xff;
  }

  /** Bits of `Flag`. */
  get flags(): number {
    return this.cell(0) >>> 24;
  }

  get parent(): Node | undefined {
    return this.link(1);
  }

  /** What an alias or merge stands for, or the node itself. */
  resolve(): Node {
    let node: Node = this;
    for (let i = 0; i < 16 && (node.kind === Kind.alias || node.kind === Kind.merge); i++) {
      node = node.link(12) ?? node;
    }
    return node;
  }

  /** Its children as written; an alias has those of what it stands for. */
  *children(): Generator<Node> {
    for (let child = this.resolve().link(3); child; child = child.link(2)) yield child;
  }

  /** The child with this key, through aliases and merge keys. */
  get(key: string, depth = 0): Node | undefined {
    let found: Node | undefined;
    let merged: Node | undefined;
    for (const child of this.children()) {
      if (child.kind !== Kind.merge || depth >= 8) {
        if (child.name === key) found = child;
      } else if (!merged) {
        const target = child.resolve();
        const several = target.kind === Kind.sequence || target.kind === Kind.merge;
        for (const each of several ? target.children() : [target]) merged ??= each.get(key, depth + 1);
      }
    }
    return found ?? merged;
  }

  /** All nodes under a path such as `spec.containers[*].image`. */
  at(path: string): Node[] {
    let nodes: Node[] = [this];
    for (const part of path.split(".").filter((part) => part)) {
      const every = part.endsWith("[*]");
      const key = every ? part.slice(0, -3) : part;
      const next: Node[] = [];
      for (const node of nodes) {
        const found = key ? node.get(key) : node;
        if (found && every) next.push(...found.children());
        else if (found) next.push(found);
      }
      nodes = next;
    }
    return nodes;
  }

  /** The one node under a path of keys separated by dots. */
  find(path: string): Node | undefined {
    return this.at(path)[0];
  }

  /** Its decoded key or name. */
  get name(): string {
    return this.source.cut(this.cell(10), this.cell(11));
  }

  /** Its decoded value, through aliases. */
  get value(): string {
    const node = this.resolve();
    return this.source.cut(node.cell(8), node.cell(9));
  }

  get isScalar(): boolean {
    return this.resolve().kind === Kind.scalar;
  }

  get isNull(): boolean {
    const node = this.resolve();
    return node.kind === Kind.scalar && node.type === Type.null && !(node.flags & Flag.unknown);
  }

  /** Whether no template or variable is in the value. */
  get isKnown(): boolean {
    return !(this.resolve().flags & (Flag.unknown | Flag.partial));
  }

  /** Where the value stands. */
  get span(): Span {
    return { start: this.cell(4), end: this.cell(5) };
  }

  /** Where the key stands. */
  get keySpan(): Span | undefined {
    const span = { start: this.cell(6), end: this.cell(7) };
    return span.start < span.end ? span : undefined;
  }

  /** Where to show the value, on one line. */
  get place(): Place {
    let span = this.span;
    const key = this.keySpan;
    const collection = this.kind === Kind.mapping || this.kind === Kind.sequence;
    const flow = ((this.cell(0) >>> 16) & 0xff) === 5;
    if ((collection || span.start === span.end) && key) span = key;
    else if (collection && !flow) span = this.resolve().link(3)?.place.span ?? span;
    const line = this.source.slice(span).split("\n")[0].replace(/\r+$/, "");
    return { span: { start: span.start, end: span.start + utf8Length(line) }, node: this };
  }

  /** Where to show the key. */
  get keyPlace(): Place {
    return this.keySpan ? { span: this.keySpan, node: this } : this.place;
  }
}

/** A rule's parameters. */
export class Params {
  constructor(readonly nodes: Param[]) {}

  /** All arguments of the top-level parameters of this name. */
  strings(name: string): string[] {
    return this.nodes.filter((node) => node.depth === 0 && node.name === name).flatMap((node) => node.args);
  }

  /** The first of them. */
  string(name: string): string | undefined {
    return this.strings(name)[0];
  }
}

/** The edit that puts `text` in the place of a node's value. */
export function replaceValue(node: Node, text: string): Edit {
  return { span: node.span, replacement: text };
}

/** A fix; safe ones change nothing that works. */
export function fix(title: string, edits: Edit[], applicability: Applicability = "safe"): Fix {
  return { title, applicability, edits };
}

type More = {
  key?: string;
  help?: string;
  labels?: Label[];
  fixes?: Fix[];
  data?: Record<string, string>;
  /** From a check over all files: the number of the file. */
  file?: number;
};

/** Collects what the checks find. */
export class Out {
  rule = 0;
  readonly findings: Finding[] = [];
  readonly facts: Fact[] = [];

  /** Adds a finding. `message`: one sentence that names what was found, lower case, no final period. */
  finding(place: Place, message: string, more: More = {}): void {
    const { key, help, labels = [], fixes = [], data = {}, file = 0 } = more;
    const node = place.node?.row;
    const { rule } = this;
    this.findings.push({
      rule, file, span: place.span, node, message, help, labels, fixes, key, data: Object.entries(data),
    });
  }

  /** Records something about the file for the checks over all files. */
  fact(key: string, value: string, span?: Span): void {
    this.facts.push({ key, value, span });
  }
}

export type FileCheck = (source: Source, params: Params, out: Out) => void;
export type ProjectCheck = (files: FileFacts[], params: Params, out: Out) => void;
export type Plugin = {
  /** Checks of one file, by name. */
  checks?: Record<string, FileCheck>;
  /** Checks over the facts of all files, by name. */
  projectChecks?: Record<string, ProjectCheck>;
  /** Records facts for them. */
  facts?: (source: Source, out: Out) => void;
};

/** What the component exports as `rules`. */
export function plugin({ checks = {}, projectChecks = {}, facts = () => {} }: Plugin) {
  const enabled = new Map<number, { check: string; params: Params }>();
  const rule = (index: number) => enabled.get(index) ?? { check: "", params: new Params([]) };
  // An exception that leaves the plugin is a trap, and nobody sees what it says; a thrown string is an answer.
  const told = <A extends unknown[], R>(call: (...args: A) => R) => (...args: A): R => {
    try {
      return call(...args);
    } catch (error) {
      throw error instanceof Error ? `${error.name}: ${error.message}` : error;
    }
  };
  return {
    configure: told((rules: Rule[]): void => {
      for (const { index, id, check, params } of rules) {
        if (!checks[check] && !projectChecks[check]) {
          throw `rule \`${id}\` names the check \`${check}\`, which this plugin does not have`;
        }
        enabled.set(index, { check, params: new Params(params) });
      }
    }),
    check: told((file: RawSource, run: Uint32Array) => {
      const source = new Source(file);
      const out = new Out();
      let project = false;
      for (const index of run) {
        const { check, params } = rule(index);
        out.rule = index;
        checks[check]?.(source, params, out);
        project ||= check in projectChecks;
      }
      if (project) facts(source, out);
      return { findings: out.findings, facts: out.facts };
    }),
    checkProject: told((files: FileFacts[], run: Uint32Array): Finding[] => {
      const out = new Out();
      for (const index of run) {
        const { check, params } = rule(index);
        out.rule = index;
        projectChecks[check]?.(files, params, out);
      }
      return out.findings;
    }),
  };
}
