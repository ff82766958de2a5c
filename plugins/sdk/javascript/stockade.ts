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

/** What kind of value a setting has; what a later host adds is a string. */
export const Value = {
  string: 0, bool: 1, number: 2, duration: 3, size: 4, list: 5, url: 6, dsn: 7, reference: 8, template: 9,
  placeholder: 10, empty: 11,
};
/** Bits of `flags` of settings and variables: see "Flags of both tables" in the book. */
export const RowFlag = {
  unknown: 1, default: 2, secretReference: 4, inherited: 8, variable: 16, on: 32, off: 64, unitFromName: 128,
  unitAssumed: 256, element: 512, part: 1024, inexact: 2048,
};
const SETTING_COLUMNS = 14;
const VARIABLE_COLUMNS = 11;

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
  private readonly tables: Table[];
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
    this.tables = raw.tables;
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
    for (const [start, end, node] of this.rows("comments", 3)) {
      yield { span: { start, end }, node: new Node(this, node) };
    }
  }

  /** The values that have a name, in the order of the document; for plugins with `needs "settings"`. */
  *settings(): Generator<Setting> {
    for (const row of this.rows("settings", SETTING_COLUMNS)) yield new Setting(this, row);
  }

  /** The variables that the file sets; for plugins with `needs "environment"`. */
  *variables(): Generator<Variable> {
    for (const row of this.rows("environment", VARIABLE_COLUMNS)) yield new Variable(this, row);
  }

  private *rows(name: string, columns: number): Generator<Uint32Array> {
    const table = this.tables.find((table) => table.name === name && table.stride >= columns);
    if (!table) return;
    for (let at = 0; at + table.stride <= table.cells.length; at += table.stride) {
      yield Uint32Array.from(table.cells.slice(at, at + columns));
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
    // Some runtimes hand numbers above 2^31 over as negative ones.
    return (this.source.cells[this.row * this.source.stride + column] ?? NONE) >>> 0;
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

/** A row of a table beside the nodes. */
class Row {
  constructor(readonly source: Source, protected readonly row: Uint32Array) {}

  protected text(column: number): string {
    return this.source.cut(this.row[column], this.row[column + 1]);
  }

  protected spanAt(column: number): Span {
    return { start: this.row[column], end: this.row[column + 1] };
  }

  /** Bits of `RowFlag`. */
  get flags(): number {
    return this.row[6];
  }

  /** The node of the value; where a variable has none, that of its entry. */
  get node(): Node {
    return new Node(this.source, this.row[0]);
  }

  /** `wanted`, or `other` where that is empty or runs over lines. */
  protected placeOf(other: Span, wanted: Span): Place {
    const fits = (span: Span) => span.start < span.end && !this.source.slice(span).includes("\n");
    return { span: fits(wanted) || !fits(other) ? wanted : other, node: this.node };
  }
}

/** A value that has a name, wherever it is written. */
export class Setting extends Row {
  /** Its name, folded to snake case. */
  get name(): string {
    return this.text(1);
  }

  /** One of `Value`. */
  get kind(): number {
    return this.row[3] <= Value.empty ? this.row[3] : Value.string;
  }

  /** Milliseconds, bytes, elements, or the number itself, by `kind`; 0 where there is none. Exact up to 2^53. */
  get number(): number {
    return (this.row[5] | 0) * 2 ** 32 + this.row[4];
  }

  /** Its value as text; for `${X:-y}` that is `y`. */
  get value(): string {
    return this.text(7);
  }

  /** Whether the value reads as "on". */
  get isOn(): boolean {
    return (this.flags & RowFlag.on) !== 0;
  }

  /** Whether the value reads as "off". */
  get isOff(): boolean {
    return (this.flags & RowFlag.off) !== 0;
  }

  /** Whether something is known of it: neither a template nor a reference nor taken from elsewhere. */
  get isValue(): boolean {
    const { kind, flags } = this;
    if (kind === Value.template || kind === Value.reference) return false;
    if (flags & (RowFlag.inherited | RowFlag.secretReference)) return false;
    return !(flags & RowFlag.unknown) || (flags & RowFlag.default) !== 0;
  }

  /** Keys on the path, 1 for a variable. */
  get depth(): number {
    return this.row[13];
  }

  /** Where the key stands; empty for an element of a list. */
  get keySpan(): Span {
    return this.spanAt(9);
  }

  /** Where the value stands. */
  get valueSpan(): Span {
    return this.spanAt(11);
  }

  /** The name as its author wrote it: `security.tls.enabled`; the folded one for a part of a URL. */
  get written(): string {
    const own = this.source.slice(this.keySpan).replace(/^["']+|["']+$/g, "");
    if (this.flags & RowFlag.variable && own) return own;
    if (this.flags & RowFlag.part) return this.name;
    const names: string[] = [];
    for (let node: Node | undefined = this.node; node && names.length < 12; node = node.parent) {
      if (node.name) names.unshift(node.name);
    }
    return names.join(".") || this.name;
  }

  /** Where to show the value; the key where the value is empty or of several lines. */
  get place(): Place {
    return this.placeOf(this.keySpan, this.valueSpan);
  }

  /** Where to show the key, or the value of an element. */
  get keyPlace(): Place {
    return this.placeOf(this.valueSpan, this.keySpan);
  }
}

/** A variable that is set somewhere. */
export class Variable extends Row {
  /** Its name as written. */
  get name(): string {
    return this.text(1);
  }

  /** Its value as text; for `${X:-y}` that is `y`. */
  get value(): string {
    return this.text(3);
  }

  /** The number of its origin, as the book lists them. */
  get origin(): number {
    return this.row[5];
  }

  /** Where the name stands. */
  get nameSpan(): Span {
    return this.spanAt(7);
  }

  /** Where the value stands. */
  get valueSpan(): Span {
    return this.spanAt(9);
  }

  /** Where to show the value; the name where the value is empty or of several lines. */
  get place(): Place {
    return this.placeOf(this.nameSpan, this.valueSpan);
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
    if (typeof message !== "string") throw new TypeError(`the message is a ${typeof message}, not a text`);
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

/** Makes exceptions of what would be a trap without a word: a plugin has no clock, no random numbers and no output. */
function leaveTheWorld(): void {
  const refuse = (name: string, what: string) => () => {
    throw new Error(`${name} is not there: a plugin has no ${what}`);
  };
  Date.now = refuse("Date.now", "clock");
  Math.random = refuse("Math.random", "random numbers");
  const log = (...words: unknown[]): never => {
    throw new Error(`a plugin has no output: report or throw what you want to see (${words.join(" ")})`);
  };
  const world = globalThis as { console?: unknown };
  world.console ??= { log, info: log, warn: log, error: log, debug: log };
}

/** What the component exports as `rules`. */
export function plugin({ checks = {}, projectChecks = {}, facts = () => {} }: Plugin) {
  const enabled = new Map<number, { check: string; params: Params }>();
  const rule = (index: number) => enabled.get(index) ?? { check: "", params: new Params([]) };
  // An exception that leaves the plugin is a trap, and nobody sees what it says; a thrown string is an answer.
  const told = <A extends unknown[], R>(call: (...args: A) => R) => (...args: A): R => {
    try {
      leaveTheWorld();
      return call(...args);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // Lines are those of the bundle; names of functions are the author's.
      const names = [...(error.stack ?? "").matchAll(/\bat ([\w$.]+) \(/g)].map((frame) => frame[1]);
      const place = names.find((name) => name !== "log" && name !== "finding");
      throw `${error.name}: ${error.message}${place ? ` (in ${place})` : ""}`;
    }
  };
  // A promise would be forgotten, with all that it finds.
  const done = (check: string, result: unknown): void => {
    if (result instanceof Promise) throw `the check \`${check}\` is async, and a plugin has nothing to wait for`;
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
        done(check, checks[check]?.(source, params, out));
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
        done(check, projectChecks[check]?.(files, params, out));
      }
      return out.findings;
    }),
  };
}
