// Tables that the host computes beside the tree, for plugins whose `plugin.kdl` says `needs "settings" "environment"`.
import { Node, Place, Source, Span, Table } from "./stockade";

/** Columns of the tables that are read here; a host may send longer rows. */
export const SETTING_COLUMNS: u32 = 14;
export const VARIABLE_COLUMNS: u32 = 11;

/** What kind of value a setting has; what a later host adds is a string. */
export enum Value {
  string, bool, number, duration, size, list, url, dsn, reference, template, placeholder, empty,
}
/** Bits of `flags` of settings and variables: see "Flags of both tables" in the book. */
export enum RowFlag {
  unknown = 1, default_ = 2, secretReference = 4, inherited = 8, variable = 16, on = 32, off = 64, unitFromName = 128,
  unitAssumed = 256, element = 512, part = 1024, inexact = 2048,
}

/** A row of one of these tables. */
class Row {
  constructor(public source: Source, private table: Table, private row: u32) {}

  /** @hidden */
  cell(column: u32): u32 {
    return this.table.at(this.row, column);
  }

  /** @hidden */
  cut(column: u32): string {
    return this.source.cut(this.cell(column), this.cell(column + 1));
  }

  /** @hidden */
  spanAt(column: u32): Span {
    return new Span(this.cell(column), this.cell(column + 1));
  }

  /** Bits of `RowFlag`. */
  get flags(): u32 {
    return this.cell(6);
  }

  /** Whether any of these bits of `RowFlag` is set. */
  has(flags: u32): bool {
    return (this.flags & flags) != 0;
  }

  /** The node of the value; where a variable has none, that of its entry. */
  get node(): Node {
    return new Node(this.source, this.cell(0));
  }

  /** @hidden `wanted`, or `other` where that is empty or runs over lines. */
  placeOf(other: Span, wanted: Span): Place {
    return new Place(this.fits(wanted) || !this.fits(other) ? wanted : other, this.cell(0));
  }

  private fits(span: Span): bool {
    return span.start < span.end && !this.source.slice(span).includes("\n");
  }
}

/** A value that has a name, wherever it is written. */
export class Setting extends Row {
  /** Its name, folded to snake case. */
  get name(): string {
    return this.cut(1);
  }

  /** One of `Value`. */
  get kind(): u32 {
    const kind = this.cell(3);
    return kind <= <u32>Value.empty ? kind : Value.string;
  }

  /** Milliseconds, bytes, elements, or the number itself, by `kind`; 0 where there is none. */
  get number(): i64 {
    return <i64>((<u64>this.cell(4)) | ((<u64>this.cell(5)) << 32));
  }

  /** Its value as text; for `${X:-y}` that is `y`. */
  get value(): string {
    return this.cut(7);
  }

  /** Whether the value reads as "on". */
  get isOn(): bool {
    return this.has(RowFlag.on);
  }

  /** Whether the value reads as "off". */
  get isOff(): bool {
    return this.has(RowFlag.off);
  }

  /** Whether something is known of it: neither a template nor a reference nor taken from elsewhere. */
  get isValue(): bool {
    return this.kind != Value.template && this.kind != Value.reference
      && !this.has(RowFlag.inherited | RowFlag.secretReference)
      && (!this.has(RowFlag.unknown) || this.has(RowFlag.default_));
  }

  /** Keys on the path, 1 for a variable. */
  get depth(): u32 {
    return this.cell(13);
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
    let own = this.source.slice(this.keySpan);
    while (own.startsWith("\"") || own.startsWith("'")) own = own.slice(1);
    while (own.endsWith("\"") || own.endsWith("'")) own = own.slice(0, -1);
    if (this.has(RowFlag.variable) && own.length) return own;
    if (this.has(RowFlag.part)) return this.name;
    const names: string[] = [];
    for (let node = this.node; node.exists && names.length < 12; node = node.parent) {
      if (node.name.length) names.unshift(node.name);
    }
    return names.length ? names.join(".") : this.name;
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
    return this.cut(1);
  }

  /** Its value as text; for `${X:-y}` that is `y`. */
  get value(): string {
    return this.cut(3);
  }

  /** The number of its origin, as the book lists them. */
  get origin(): u32 {
    return this.cell(5);
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
