// Package stockade helps to write stockade rule plugins in Go.
//
//	func init() {
//		stockade.Register(stockade.Plugin{Checks: map[string]stockade.Check{"no-tabs": noTabs}})
//	}
//	func main() {}
//
// The names of the checks are those in plugin.kdl. A check is a function: test it natively with go test. Offsets are
// UTF-8 bytes, as in Go's own strings. A node that is not there is a node too: asking it gives empty answers.
package stockade

import (
	"iter"
	"strings"
)

const (
	none    = ^uint32(0)
	columns = 13
	flow    = 5
)

// Kinds of nodes.
const (
	Stream = iota
	Mapping
	Sequence
	Scalar
	Alias
	Element
	Error
	Merge
)

// Types of scalars.
const (
	String = iota
	Null
	Bool
	Int
	Float
	Timestamp
)

// Flags of nodes.
const (
	Unknown = 1 << iota
	Partial
	Implicit
	Defaulted
	Anchored
	Duplicate
)

// Span is a half-open range of bytes of the file's text.
type Span struct{ Start, End uint32 }

// Table is a table of numbers, row by row.
type Table struct {
	Name   string
	Stride uint32
	Cells  []uint32
}

// Source is a file, parsed by the host.
type Source struct {
	Path, Kind string
	Marks      []string
	// Text is the file's text.
	Text   string
	data   string
	nodes  Table
	tables []Table
}

// NewSource makes a file of what the host sends: data is the text, textLength bytes, followed by decoded values.
func NewSource(path, kind string, marks []string, data string, textLength uint32, tables []Table) *Source {
	source := &Source{Path: path, Kind: kind, Marks: marks, data: data, tables: tables}
	source.Text = cut(data, 0, textLength)
	source.nodes = source.table("nodes", columns)
	return source
}

func (s *Source) table(name string, columns uint32) Table {
	for _, table := range s.tables {
		if table.Name == name && table.Stride >= columns {
			return table
		}
	}
	return Table{Stride: columns}
}

func cut(text string, start, end uint32) string {
	if start > end || uint64(end) > uint64(len(text)) {
		return ""
	}
	return text[start:end]
}

// Slice gives the text under a span.
func (s *Source) Slice(span Span) string { return cut(s.Text, span.Start, span.End) }

// Root is the file's first node.
func (s *Source) Root() Node { return s.node(0) }

func (s *Source) node(row uint32) Node {
	if row == none || uint64(row)*uint64(s.nodes.Stride) >= uint64(len(s.nodes.Cells)) {
		return Node{}
	}
	return Node{s, row}
}

// Comments gives the comments, each with the node that it speaks about.
func (s *Source) Comments() iter.Seq2[Span, Node] {
	return func(yield func(Span, Node) bool) {
		table := s.table("comments", 3)
		for cells := table.Cells; uint32(len(cells)) >= table.Stride; cells = cells[table.Stride:] {
			if !yield(Span{cells[0], cells[1]}, s.node(cells[2])) {
				return
			}
		}
	}
}

// Node is a row of the table of nodes. The zero Node stands for none.
type Node struct {
	source *Source
	row    uint32
}

func (n Node) cell(column uint32) uint32 {
	if n.source == nil {
		return 0
	}
	return n.source.nodes.Cells[n.row*n.source.nodes.Stride+column]
}

func (n Node) link(column uint32) Node {
	if n.source == nil {
		return n
	}
	return n.source.node(n.cell(column))
}

// Exists tells whether the node is there.
func (n Node) Exists() bool { return n.source != nil }

// Kind is Stream, Mapping, ...
func (n Node) Kind() int { return int(n.cell(0) & 0xff) }

// Type of a scalar: String, Null, ...
func (n Node) Type() int { return int(n.cell(0) >> 8 & 0xff) }

// Flags is Unknown | Partial | ...
func (n Node) Flags() int { return int(n.cell(0) >> 24) }

// Parent of the node.
func (n Node) Parent() Node { return n.link(1) }

// Resolve gives what an alias or merge stands for, or the node itself.
func (n Node) Resolve() Node {
	for range 16 {
		target := n.link(12)
		if n.Kind() != Alias && n.Kind() != Merge || !target.Exists() {
			break
		}
		n = target
	}
	return n
}

// Children as written; an alias has those of what it stands for.
func (n Node) Children() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for child := n.Resolve().link(3); child.Exists() && yield(child); child = child.link(2) {
		}
	}
}

// Get gives the child with this key, through aliases and merge keys.
func (n Node) Get(key string) Node { return n.get(key, 0) }

func (n Node) get(key string, depth int) Node {
	var found, merged Node
	for child := range n.Children() {
		switch {
		case child.Kind() != Merge || depth >= 8:
			if child.Name() == key {
				found = child
			}
		case !merged.Exists():
			target := child.Resolve()
			if target.Kind() != Sequence && target.Kind() != Merge {
				merged = target.get(key, depth+1)
				continue
			}
			for each := range target.Children() {
				if merged = each.get(key, depth+1); merged.Exists() {
					break
				}
			}
		}
	}
	if found.Exists() {
		return found
	}
	return merged
}

// At gives all nodes under a path such as spec.containers[*].image.
func (n Node) At(path string) []Node {
	nodes := []Node{n}
	for part := range strings.SplitSeq(path, ".") {
		key, every := strings.CutSuffix(part, "[*]")
		var next []Node
		for _, node := range nodes {
			if key != "" {
				node = node.Get(key)
			}
			if !every && node.Exists() {
				next = append(next, node)
			}
			if every {
				for child := range node.Children() {
					next = append(next, child)
				}
			}
		}
		nodes = next
	}
	return nodes
}

// Find gives the one node under a path of keys separated by dots.
func (n Node) Find(path string) Node {
	if nodes := n.At(path); len(nodes) > 0 {
		return nodes[0]
	}
	return Node{}
}

func (n Node) text(start, end uint32) string {
	if n.source == nil {
		return ""
	}
	return cut(n.source.data, n.cell(start), n.cell(end))
}

// Name is the decoded key or name.
func (n Node) Name() string { return n.text(10, 11) }

// Value is the decoded value, through aliases.
func (n Node) Value() string { return n.Resolve().text(8, 9) }

// IsScalar tells whether it is a value, or an alias to one.
func (n Node) IsScalar() bool { return n.Resolve().Kind() == Scalar }

// IsNull tells whether it is null, written or implicit.
func (n Node) IsNull() bool {
	n = n.Resolve()
	return n.Kind() == Scalar && n.Type() == Null && n.Flags()&Unknown == 0
}

// IsKnown tells whether no template or variable is in the value.
func (n Node) IsKnown() bool { return n.Resolve().Flags()&(Unknown|Partial) == 0 }

// Span is where the value stands.
func (n Node) Span() Span { return Span{n.cell(4), n.cell(5)} }

// KeySpan is where the key stands; empty for none.
func (n Node) KeySpan() Span { return Span{n.cell(6), n.cell(7)} }

// Place is where a finding is: a span, and the node it is about.
type Place struct {
	Span Span
	Node Node
}

// Place is where to show the value, on one line.
func (n Node) Place() Place {
	span, key := n.Span(), n.KeySpan()
	collection := n.Kind() == Mapping || n.Kind() == Sequence
	inFlow := n.cell(0)>>16&0xff == flow
	if (collection || span.Start == span.End) && key.Start < key.End {
		span = key
	} else if first := n.Resolve().link(3); collection && !inFlow && first.Exists() {
		span = first.Place().Span
	}
	if n.source != nil {
		line, _, _ := strings.Cut(n.source.Slice(span), "\n")
		span.End = span.Start + uint32(len(strings.TrimRight(line, "\r")))
	}
	return Place{span, n}
}

// KeyPlace is where to show the key.
func (n Node) KeyPlace() Place {
	if key := n.KeySpan(); key.Start < key.End {
		return Place{key, n}
	}
	return n.Place()
}
