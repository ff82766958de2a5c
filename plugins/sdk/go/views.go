package stockade

import (
	"iter"
	"slices"
	"strings"
)

// Tables that the host computes for plugins that say `needs "settings" "environment"` in plugin.kdl.

// Kinds of a setting's value.
const (
	ValueString = iota
	ValueBool
	ValueNumber
	ValueDuration
	ValueSize
	ValueList
	ValueURL
	ValueDSN
	ValueReference
	ValueTemplate
	ValuePlaceholder
	ValueEmpty
)

// Flags of settings and variables: see "Flags of both tables" in the book.
const (
	RowUnknown = 1 << iota
	RowDefault
	RowSecretReference
	RowInherited
	RowVariable
	RowOn
	RowOff
	RowUnitFromName
	RowUnitAssumed
	RowElement
	RowPart
	RowInexact
)

const (
	settingColumns  = 14
	variableColumns = 11
)

// rows gives the rows of a table; none where the host did not send it.
func (s *Source) rows(name string, columns uint32) iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		table := s.table(name, columns)
		for cells := table.Cells; uint32(len(cells)) >= table.Stride; cells = cells[table.Stride:] {
			if !yield(cells[:columns]) {
				return
			}
		}
	}
}

// place is wanted, or other where that is empty or runs over lines.
func (s *Source) place(row uint32, other, wanted Span) Place {
	fits := func(span Span) bool {
		text := s.Slice(span)
		return text != "" && !strings.Contains(text, "\n")
	}
	if !fits(wanted) && fits(other) {
		wanted = other
	}
	return Place{wanted, s.node(row)}
}

// Settings gives the values that have a name, in the order of the document.
func (s *Source) Settings() iter.Seq[Setting] {
	return func(yield func(Setting) bool) {
		for row := range s.rows("settings", settingColumns) {
			if !yield(Setting{s, row}) {
				return
			}
		}
	}
}

// Setting is a value that has a name, wherever it is written.
type Setting struct {
	source *Source
	row    []uint32
}

// Name is folded to snake case.
func (s Setting) Name() string { return cut(s.source.data, s.row[1], s.row[2]) }

// Value as text; for ${X:-y} that is y.
func (s Setting) Value() string { return cut(s.source.data, s.row[7], s.row[8]) }

// Kind of the value: ValueString, ValueBool, ... What a later host adds is a string.
func (s Setting) Kind() int {
	if s.row[3] > ValueEmpty {
		return ValueString
	}
	return int(s.row[3])
}

// Number is milliseconds, bytes, elements, or the number itself, by Kind; 0 where there is none.
func (s Setting) Number() int64 { return int64(uint64(s.row[4]) | uint64(s.row[5])<<32) }

// Flags is RowUnknown | RowDefault | ...
func (s Setting) Flags() uint32 { return s.row[6] }

// IsOn tells whether the value reads as "on".
func (s Setting) IsOn() bool { return s.row[6]&RowOn != 0 }

// IsOff tells whether the value reads as "off".
func (s Setting) IsOff() bool { return s.row[6]&RowOff != 0 }

// IsValue tells whether something is known of it: neither a template nor a reference nor taken from elsewhere.
func (s Setting) IsValue() bool {
	kind, flags := s.Kind(), s.Flags()
	return kind != ValueTemplate && kind != ValueReference && flags&(RowInherited|RowSecretReference) == 0 &&
		(flags&RowUnknown == 0 || flags&RowDefault != 0)
}

// Depth is the number of keys on the path, 1 for a variable.
func (s Setting) Depth() uint32 { return s.row[13] }

// Node of the value.
func (s Setting) Node() Node { return s.source.node(s.row[0]) }

// KeySpan is where the key stands; empty for an element of a list.
func (s Setting) KeySpan() Span { return Span{s.row[9], s.row[10]} }

// ValueSpan is where the value stands.
func (s Setting) ValueSpan() Span { return Span{s.row[11], s.row[12]} }

// Place is the value, or the key where the value is empty or of several lines.
func (s Setting) Place() Place { return s.source.place(s.row[0], s.KeySpan(), s.ValueSpan()) }

// KeyPlace is the key, or the value of an element.
func (s Setting) KeyPlace() Place { return s.source.place(s.row[0], s.ValueSpan(), s.KeySpan()) }

// Written is the name as its author wrote it: security.tls.enabled; the folded one for a part of a URL.
func (s Setting) Written() string {
	own := strings.Trim(s.source.Slice(s.KeySpan()), "\"'")
	if s.Flags()&RowVariable != 0 && own != "" {
		return own
	}
	if s.Flags()&RowPart != 0 {
		return s.Name()
	}
	var names []string
	for node := s.Node(); node.Exists() && len(names) < 12; node = node.Parent() {
		if name := node.Name(); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return s.Name()
	}
	slices.Reverse(names)
	return strings.Join(names, ".")
}

// Variables gives the variables that the file sets, in the order of the document.
func (s *Source) Variables() iter.Seq[Variable] {
	return func(yield func(Variable) bool) {
		for row := range s.rows("environment", variableColumns) {
			if !yield(Variable{s, row}) {
				return
			}
		}
	}
}

// Variable is a variable that is set somewhere.
type Variable struct {
	source *Source
	row    []uint32
}

// Name as written.
func (v Variable) Name() string { return cut(v.source.data, v.row[1], v.row[2]) }

// Value as text; for ${X:-y} that is y.
func (v Variable) Value() string { return cut(v.source.data, v.row[3], v.row[4]) }

// Origin is the number of its origin, as the book lists them.
func (v Variable) Origin() uint32 { return v.row[5] }

// Flags is RowUnknown | RowDefault | ...
func (v Variable) Flags() uint32 { return v.row[6] }

// Node of the value or, where there is none, of the entry.
func (v Variable) Node() Node { return v.source.node(v.row[0]) }

// NameSpan is where the name stands.
func (v Variable) NameSpan() Span { return Span{v.row[7], v.row[8]} }

// ValueSpan is where the value stands.
func (v Variable) ValueSpan() Span { return Span{v.row[9], v.row[10]} }

// Place is the value, or the name where the value is empty or of several lines.
func (v Variable) Place() Place { return v.source.place(v.row[0], v.NameSpan(), v.ValueSpan()) }
