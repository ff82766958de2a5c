// Write stockade rule plugins in AssemblyScript.
//
//     import { fileCheck } from "./stockade";
//     export { realloc, configure, configured, check, checked, checkProject, checkedProject } from "./stockade";
//     fileCheck("no-tabs", (source, params, out) => { ... });
//
// The names of the checks are those in `plugin.kdl`. Compile with the transform `exports.mjs`. Spans are UTF-8 bytes, as
// the host counts; strings of AssemblyScript count UTF-16 units. Nodes convert by themselves; `utf8Length` tells how many
// bytes a string has. A node that is not there is a node too (`exists` tells): asking it gives empty answers.

import { SETTING_COLUMNS, Setting, VARIABLE_COLUMNS, Variable } from "./views";
export { RowFlag, Setting, Value, Variable } from "./views";

const NONE: u32 = u32.MAX_VALUE;
const COLUMNS: u32 = 13;

export class Span {
  constructor(public start: u32, public end: u32) {}
}

export function utf8Length(text: string): u32 {
  return <u32>String.UTF8.byteLength(text);
}

// --- a file ---------------------------------------------------------------------------------------------------

/** @hidden A table of numbers in memory. */
export class Table {
  constructor(public cells: usize = 0, public count: u32 = 0, public stride: u32 = COLUMNS) {}

  at(row: u32, column: u32): u32 {
    const index = row * this.stride + column;
    return row != NONE && index < this.count ? load<u32>(this.cells + (<usize>index << 2)) : NONE;
  }
}

/** A file, parsed by the host. */
export class Source {
  nodes: Table = new Table();
  comments: Table = new Table(0, 0, 3);
  /** @hidden */ settings: Table = new Table(0, 0, SETTING_COLUMNS);
  /** @hidden */ environment: Table = new Table(0, 0, VARIABLE_COLUMNS);

  constructor(
    public path: string, public kind: string, public marks: string[],
    /** @hidden */ public data: usize, /** @hidden */ public length: u32, /** @hidden */ public textLength: u32,
  ) {}

  get root(): Node {
    return new Node(this, 0);
  }

  /** The file's text. */
  get text(): string {
    return this.cut(0, this.textLength);
  }

  /** The text under a span. */
  slice(span: Span): string {
    return span.end <= this.textLength ? this.cut(span.start, span.end) : "";
  }

  /** Number of comments; `commentSpan` and `commentNode` give the place of each, and the node it speaks about. */
  get commentCount(): u32 {
    return this.comments.count / this.comments.stride;
  }

  commentSpan(index: u32): Span {
    return new Span(this.comments.at(index, 0), this.comments.at(index, 1));
  }

  commentNode(index: u32): Node {
    return new Node(this, this.comments.at(index, 2));
  }

  /** Number of settings: values that have a name. 0 unless `plugin.kdl` says `needs "settings"`. */
  get settingCount(): u32 {
    return this.settings.count / this.settings.stride;
  }

  setting(index: u32): Setting {
    return new Setting(this, this.settings, index);
  }

  /** Number of variables that the file sets. 0 unless `plugin.kdl` says `needs "environment"`. */
  get variableCount(): u32 {
    return this.environment.count / this.environment.stride;
  }

  variable(index: u32): Variable {
    return new Variable(this, this.environment, index);
  }

  /** @hidden */
  cut(start: u32, end: u32): string {
    return start < end && end <= this.length ? textAt(this.data + start, end - start) : "";
  }
}

export enum Kind { stream, mapping, sequence, scalar, alias, element, error, merge, none = 255 }
export enum Type { string, null, bool, int, float, timestamp }
export enum Flag { unknown = 1, partial = 2, implicit = 4, defaulted = 8, anchored = 16, duplicate = 32 }

/** Where a finding is: a span, and the row of the node it is about. */
export class Place {
  constructor(public span: Span, public row: u32 = NONE) {}
}

/** A row of the table of nodes. */
export class Node {
  constructor(public source: Source, public row: u32) {}

  private cell(column: u32): u32 {
    return this.source.nodes.at(this.row, column);
  }

  private link(column: u32): Node {
    return new Node(this.source, this.cell(column));
  }

  get exists(): bool {
    return this.cell(0) != NONE;
  }

  get kind(): u32 {
    return this.cell(0) & 0xff;
  }

  /** Of a scalar: one of `Type`. */
  get type(): u32 {
    return (this.cell(0) >> 8) & 0xff;
  }

  /** Bits of `Flag`. */
  get flags(): u32 {
    return this.exists ? this.cell(0) >> 24 : 0;
  }

  get parent(): Node {
    return this.link(1);
  }

  /** The next child of the same parent. */
  get next(): Node {
    return this.link(2);
  }

  /** The first child; of an alias, that of what it stands for. */
  get first(): Node {
    return this.resolve().link(3);
  }

  /** What an alias or merge stands for, or the node itself. */
  resolve(): Node {
    let node: Node = this;
    for (let i = 0; i < 16 && (node.kind == Kind.alias || node.kind == Kind.merge); i++) {
      const target = node.link(12);
      if (!target.exists) break;
      node = target;
    }
    return node;
  }

  /** The child with this key, through aliases and merge keys. */
  get(key: string, depth: u32 = 0): Node {
    let found = new Node(this.source, NONE);
    let merged = found;
    for (let child = this.first; child.exists; child = child.next) {
      if (child.kind != Kind.merge || depth >= 8) {
        if (child.name == key) found = child;
      } else if (!merged.exists) {
        const target = child.resolve();
        if (target.kind == Kind.sequence || target.kind == Kind.merge) {
          for (let each = target.first; each.exists && !merged.exists; each = each.next) {
            merged = each.get(key, depth + 1);
          }
        } else {
          merged = target.get(key, depth + 1);
        }
      }
    }
    return found.exists ? found : merged;
  }

  /** All nodes under a path such as `spec.containers[*].image`. */
  at(path: string): Node[] {
    let nodes: Node[] = [this];
    const parts = path.split(".");
    for (let i = 0; i < parts.length; i++) {
      const every = parts[i].endsWith("[*]");
      const key = every ? parts[i].slice(0, -3) : parts[i];
      const following: Node[] = [];
      for (let j = 0; j < nodes.length; j++) {
        const found = key.length ? nodes[j].get(key) : nodes[j];
        if (!found.exists) continue;
        if (!every) following.push(found);
        else for (let child = found.first; child.exists; child = child.next) following.push(child);
      }
      nodes = following;
    }
    return nodes;
  }

  /** The one node under a path of keys separated by dots. */
  find(path: string): Node {
    const nodes = this.at(path);
    return nodes.length ? nodes[0] : new Node(this.source, NONE);
  }

  /** The decoded key or name. */
  get name(): string {
    return this.source.cut(this.cell(10), this.cell(11));
  }

  /** The decoded value, through aliases. */
  get value(): string {
    const node = this.resolve();
    return node.source.cut(node.cell(8), node.cell(9));
  }

  get isScalar(): bool {
    return this.resolve().kind == Kind.scalar;
  }

  get isNull(): bool {
    const node = this.resolve();
    return node.kind == Kind.scalar && node.type == Type.null && !(node.flags & Flag.unknown);
  }

  /** Whether no template or variable is in the value. */
  get isKnown(): bool {
    return !(this.resolve().flags & (Flag.unknown | Flag.partial));
  }

  /** Where the value stands. */
  get span(): Span {
    return new Span(this.cell(4), this.cell(5));
  }

  /** Where the key stands; empty for none. */
  get keySpan(): Span {
    return new Span(this.cell(6), this.cell(7));
  }

  /** Where to show the value, on one line. */
  get place(): Place {
    let span = this.span;
    const key = this.keySpan;
    const collection = this.kind == Kind.mapping || this.kind == Kind.sequence;
    const flow = ((this.cell(0) >> 16) & 0xff) == 5;
    if ((collection || span.start == span.end) && key.start < key.end) span = key;
    else if (collection && !flow && this.first.exists) span = this.first.place.span;
    for (let at = span.start; at < min(span.end, this.source.textLength); at++) {
      if (load<u8>(this.source.data + at) != 0x0a) continue;
      span.end = at;
      while (span.end > span.start && load<u8>(this.source.data + span.end - 1) == 0x0d) span.end--;
    }
    return new Place(span, this.row);
  }

  /** Where to show the key. */
  get keyPlace(): Place {
    const key = this.keySpan;
    return key.start < key.end ? new Place(key, this.row) : this.place;
  }
}

// --- parameters and findings ----------------------------------------------------------------------------------

class Param {
  constructor(public depth: u32, public name: string, public args: string[]) {}
}

/** A rule's parameters. */
export class Params {
  constructor(private nodes: Param[]) {}

  /** All arguments of the top-level parameters of this name. */
  strings(name: string): string[] {
    let all: string[] = [];
    for (let i = 0; i < this.nodes.length; i++) {
      const node = this.nodes[i];
      if (node.depth == 0 && node.name == name) all = all.concat(node.args);
    }
    return all;
  }

  /** The first of them, or nothing. */
  string(name: string): string {
    const all = this.strings(name);
    return all.length ? all[0] : "";
  }
}

export const SAFE: u32 = 0;
export const UNSAFE: u32 = 1;
export const MANUAL: u32 = 2;

/** A finding, in the words that go to the host. */
export class Finding {
  private help_: u32[] = [0, 0, 0];
  private key_: u32[] = [0, 0, 0];
  private labels: u32[] = [];
  private fixes: u32[] = [];
  private pairs: u32[] = [];

  constructor(private rule: u32, private file: u32, private place: Place, private message: string) {}

  key(key: string): Finding {
    this.key_ = [<u32>1].concat(words(key));
    return this;
  }

  help(help: string): Finding {
    this.help_ = [<u32>1].concat(words(help));
    return this;
  }

  /** A value that the message mentions, by name. */
  data(name: string, value: string): Finding {
    this.pairs = this.pairs.concat(words(name)).concat(words(value));
    return this;
  }

  /** A further place; in the same file unless a path is given. */
  label(span: Span, message: string, path: string = ""): Finding {
    const where = path.length ? [<u32>1].concat(words(path)) : [<u32>0, 0, 0];
    this.labels = this.labels.concat(where).concat([span.start, span.end]).concat(words(message));
    return this;
  }

  /** A fix that puts `value` in the place of the node's value. */
  replacement(when: u32, title: string, node: Node, value: string): Finding {
    const edit = [<u32>node.span.start, node.span.end].concat(words(value));
    this.fixes = this.fixes.concat(words(title)).concat([when, keep(edit), 1]);
    return this;
  }

  /** @hidden */
  words(): u32[] {
    const row = this.place.row;
    const span = this.place.span;
    const head: u32[] = [this.rule, this.file, 1, span.start, span.end, <u32>(row != NONE), row];
    return head.concat(words(this.message)).concat(this.help_)
      .concat([keep(this.labels), <u32>this.labels.length / 7])
      .concat([keep(this.fixes), <u32>this.fixes.length / 5])
      .concat(this.key_)
      .concat([keep(this.pairs), <u32>this.pairs.length / 4]);
  }
}

/** Something remembered about a file. */
export class Fact {
  constructor(public key: string, public value: string, public span: Span | null) {}
}

/** What was recorded for one file. */
export class FileFacts {
  constructor(public path: string, public kind: string, public facts: Fact[]) {}
}

/** Collects what the checks find. */
export class Out {
  /** @hidden */ rule: u32 = 0;
  /** @hidden */ findings: Finding[] = [];
  /** @hidden */ facts: Fact[] = [];

  /** Adds a finding. `message`: one sentence that names what was found, lower case, no final period. */
  report(place: Place, message: string): Finding {
    const finding = new Finding(this.rule, 0, place, message);
    this.findings.push(finding);
    return finding;
  }

  /** As `report`, from a check over all files: `file` is an index of its list. */
  reportIn(file: u32, span: Span | null, message: string): Finding {
    const finding = new Finding(this.rule, file, new Place(span ? span : new Span(0, 0)), message);
    this.findings.push(finding);
    return finding;
  }

  /** Records something about the file for the checks over all files. */
  fact(key: string, value: string, span: Span): void {
    this.facts.push(new Fact(key, value, span));
  }
}

// --- what a plugin registers ----------------------------------------------------------------------------------

export type FileCheck = (source: Source, params: Params, out: Out) => void;
export type ProjectCheck = (files: FileFacts[], params: Params, out: Out) => void;
export type Record = (source: Source, out: Out) => void;

const fileChecks = new Map<string, FileCheck>();
const projectChecks = new Map<string, ProjectCheck>();
let record: Record = (source: Source, out: Out): void => {};

/** A check of one file. */
export function fileCheck(name: string, run: FileCheck): void {
  fileChecks.set(name, run);
}

/** A check over the facts of all files. */
export function projectCheck(name: string, run: ProjectCheck): void {
  projectChecks.set(name, run);
}

/** What records facts for them. */
export function facts(run: Record): void {
  record = run;
}

// --- memory: what the host lends and what it is answered is not the collector's -----------------------------------

/** The block taken last; each begins with the address of the one before. */
let blocks: usize = 0;

/** Memory until the call ends; where nothing is asked for, an address that is aligned at least. */
function take(length: usize): usize {
  if (!length) return 8;
  const block = heap.alloc(length + 16);
  store<usize>(block, blocks);
  blocks = block;
  return block + 16;
}

function keep(items: u32[]): u32 {
  const length = <usize>items.length << 2;
  const place = take(length);
  memory.copy(place, items.dataStart, length);
  return <u32>place;
}

/** A text as the two words that stand for it. */
function words(text: string): u32[] {
  const length = String.UTF8.byteLength(text);
  const place = take(length);
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, place);
  return [<u32>place, <u32>length];
}

function textAt(address: usize, length: u32): string {
  return String.UTF8.decodeUnsafe(address, length);
}

/** The text whose two words stand here. */
function text(at: usize): string {
  return textAt(load<u32>(at), load<u32>(at, 4));
}

function texts(at: usize): string[] {
  const all: string[] = [];
  const items: usize = load<u32>(at);
  for (let i: u32 = 0; i < load<u32>(at, 4); i++) all.push(text(items + i * 8));
  return all;
}

function release(): void {
  while (blocks) {
    const older = load<usize>(blocks);
    heap.free(blocks);
    blocks = older;
  }
  __collect();
}

// --- the exported functions -------------------------------------------------------------------------------------

class Rule {
  constructor(public index: u32, public check: string, public params: Params) {}
}

const rules = new Map<u32, Rule>();

export function realloc(old: usize, oldLength: usize, align: usize, length: usize): usize {
  const fresh = take(length);
  memory.copy(fresh, old, min(oldLength, length));
  return fresh;
}

export function configure(items: usize, count: u32): usize {
  for (let i: u32 = 0; i < count; i++) {
    const at = items + i * 28;
    const check = text(at + 12);
    if (!fileChecks.has(check) && !projectChecks.has(check)) {
      const id = text(at + 4);
      const message = `rule \`${id}\` names the check \`${check}\`, which this plugin does not have`;
      return keep([<u32>1].concat(words(message)));
    }
    const params: Param[] = [];
    const first: usize = load<u32>(at, 20);
    for (let j: u32 = 0; j < load<u32>(at, 24); j++) {
      const param = first + j * 28;
      params.push(new Param(load<u32>(param), text(param + 4), texts(param + 12)));
    }
    rules.set(load<u32>(at), new Rule(load<u32>(at), check, new Params(params)));
  }
  return keep([<u32>0, 0, 0]);
}

export function check(
  path: usize, pathLength: u32, kind: usize, kindLength: u32, marks: usize, markCount: u32, data: usize,
  dataLength: u32, textLength: u32, tables: usize, tableCount: u32, run: usize, runCount: u32,
): usize {
  const marked: string[] = [];
  for (let i: u32 = 0; i < markCount; i++) marked.push(text(marks + i * 8));
  const source = new Source(
    textAt(path, pathLength), textAt(kind, kindLength), marked, data, dataLength, textLength,
  );
  for (let i: u32 = 0; i < tableCount; i++) {
    const at = tables + i * 20;
    const name = text(at);
    const table = new Table(load<u32>(at, 12), load<u32>(at, 16), load<u32>(at, 8));
    if (name == "nodes" && table.stride >= COLUMNS) source.nodes = table;
    if (name == "comments" && table.stride >= 3) source.comments = table;
    if (name == "settings" && table.stride >= SETTING_COLUMNS) source.settings = table;
    if (name == "environment" && table.stride >= VARIABLE_COLUMNS) source.environment = table;
  }
  const out = new Out();
  let project = false;
  for (let i: u32 = 0; i < runCount; i++) {
    out.rule = load<u32>(run + (<usize>i << 2));
    if (!rules.has(out.rule)) continue;
    const rule = rules.get(out.rule);
    if (fileChecks.has(rule.check)) fileChecks.get(rule.check)(source, rule.params, out);
    else project = true;
  }
  if (project) record(source, out);
  let facts: u32[] = [];
  for (let i = 0; i < out.facts.length; i++) {
    const fact = out.facts[i];
    const span = fact.span;
    facts = facts.concat(words(fact.key)).concat(words(fact.value))
      .concat(span ? [<u32>1, span.start, span.end] : [<u32>0, 0, 0]);
  }
  return keep([<u32>0].concat(findings(out)).concat([keep(facts), <u32>out.facts.length]));
}

export function checkProject(files: usize, count: u32, run: usize, runCount: u32): usize {
  const all: FileFacts[] = [];
  for (let i: u32 = 0; i < count; i++) {
    const at = files + i * 24;
    const facts: Fact[] = [];
    const first: usize = load<u32>(at, 16);
    for (let j: u32 = 0; j < load<u32>(at, 20); j++) {
      const fact = first + j * 28;
      const span = load<u8>(fact, 16) ? new Span(load<u32>(fact, 20), load<u32>(fact, 24)) : null;
      facts.push(new Fact(text(fact), text(fact + 8), span));
    }
    all.push(new FileFacts(text(at), text(at + 8), facts));
  }
  const out = new Out();
  for (let i: u32 = 0; i < runCount; i++) {
    out.rule = load<u32>(run + (<usize>i << 2));
    if (!rules.has(out.rule)) continue;
    const rule = rules.get(out.rule);
    if (projectChecks.has(rule.check)) projectChecks.get(rule.check)(all, rule.params, out);
  }
  return keep([<u32>0].concat(findings(out)));
}

function findings(out: Out): u32[] {
  let all: u32[] = [];
  for (let i = 0; i < out.findings.length; i++) all = all.concat(out.findings[i].words());
  return [keep(all), <u32>out.findings.length];
}

export function configured(answer: usize): void {
  release();
}

export function checked(answer: usize): void {
  release();
}

export function checkedProject(answer: usize): void {
  release();
}
