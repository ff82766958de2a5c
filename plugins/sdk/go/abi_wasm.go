package stockade

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"unsafe"
)

// The exported functions of the interface `rules`, in the canonical ABI of the component model. All its types are words
// of 4 bytes here, since a flag of one byte is followed by padding.

// lent holds what the host put into our memory for the current call. Go does not move what is on its heap, so a reference
// is enough to keep it; strings and slices that a check keeps for longer hold on to their part by themselves.
var lent [][]uint64

// kept holds the current answer until the host has read it.
var kept struct {
	words [][]uint32
	texts []string
}

// heap tells how much there is to collect.
var heap = []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}

// garbage is how many bytes of it `begin` lets stand.
const garbage = 16 << 20

// While the Go runtime starts, the adapter for the old WASI asks for a page of state, and nothing may be taken from the
// heap yet.
var (
	started bool
	early   [128 << 10]byte
	earlyAt uintptr
)

func init() {
	started = true
	enabled = map[uint32]rule{}
	// A collection reads the clock, and the host forbids calls to it while it writes arguments into our memory, which is
	// where most of it is allocated. `begin` collects instead.
	debug.SetGCPercent(-1)
}

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	if !started {
		base := uintptr(unsafe.Pointer(&early))
		at := (base+earlyAt+uintptr(align)-1)&^(uintptr(align)-1) - base
		if oldSize != 0 || at+uintptr(size) > uintptr(len(early)) {
			return nil
		}
		earlyAt = at + uintptr(size)
		return unsafe.Pointer(&early[at])
	}
	if size == 0 {
		return unsafe.Pointer(uintptr(align))
	}
	// Elements of 8 bytes are aligned for everything.
	block := make([]uint64, (size+7)/8)
	lent = append(lent, block)
	fresh := unsafe.Pointer(unsafe.SliceData(block))
	if oldSize != 0 {
		copy(unsafe.Slice((*byte)(fresh), size), unsafe.Slice((*byte)(old), min(oldSize, size)))
	}
	return fresh
}

// begin lets go of the last call's memory, and collects it now and then.
func begin() {
	kept.words, kept.texts = nil, nil
	if metrics.Read(heap); heap[0].Value.Uint64() > garbage {
		runtime.GC()
	}
}

// --- reading --------------------------------------------------------------------------------------------------

type words []uint32

func wordsAt(address, count uint32) words {
	if count == 0 {
		return nil
	}
	return unsafe.Slice((*uint32)(unsafe.Pointer(uintptr(address))), count)
}

func textAt(address, length uint32) string {
	if length == 0 {
		return ""
	}
	return unsafe.String((*byte)(unsafe.Pointer(uintptr(address))), length)
}

func listAt[T any](address, count, size uint32, read func(words) T) []T {
	list := make([]T, count)
	for i := range list {
		list[i] = read(wordsAt(address+uint32(i)*size*4, size))
	}
	return list
}

func readText(w words) string { return textAt(w[0], w[1]) }
func readPair(w words) Pair   { return Pair{textAt(w[0], w[1]), textAt(w[2], w[3])} }
func readTable(w words) Table { return Table{textAt(w[0], w[1]), w[2], wordsAt(w[3], w[4])} }

func readParam(w words) Param {
	return Param{w[0], textAt(w[1], w[2]), listAt(w[3], w[4], 2, readText), listAt(w[5], w[6], 4, readPair)}
}

func readFact(w words) Fact {
	fact := Fact{Key: textAt(w[0], w[1]), Value: textAt(w[2], w[3])}
	if w[4]&0xff != 0 {
		fact.Span = &Span{w[5], w[6]}
	}
	return fact
}

func readFile(w words) FileFacts {
	return FileFacts{textAt(w[0], w[1]), textAt(w[2], w[3]), listAt(w[4], w[5], 7, readFact)}
}

// --- writing --------------------------------------------------------------------------------------------------

// keep gives a place in memory for these words.
func keep(w words) uint32 {
	kept.words = append(kept.words, w)
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(w))))
}

func (w words) number(numbers ...uint32) words { return append(w, numbers...) }

func (w words) text(text string) words {
	kept.texts = append(kept.texts, text)
	return append(w, uint32(uintptr(unsafe.Pointer(unsafe.StringData(text)))), uint32(len(text)))
}

func (w words) maybeText(text string) words {
	if text == "" {
		return append(w, 0, 0, 0)
	}
	return append(w, 1).text(text)
}

func (w words) maybeSpan(span *Span) words {
	if span == nil {
		return append(w, 0, 0, 0)
	}
	return append(w, 1, span.Start, span.End)
}

func writeList[T any](w words, items []T, write func(words, T) words) words {
	var all words
	for _, item := range items {
		all = write(all, item)
	}
	return append(w, keep(all), uint32(len(items)))
}

func writePair(w words, pair Pair) words { return w.text(pair.Name).text(pair.Value) }
func writeEdit(w words, edit Edit) words {
	return w.number(edit.Span.Start, edit.Span.End).text(edit.Replacement)
}

func writeFix(w words, fix Fix) words {
	return writeList(w.text(fix.Title).number(uint32(fix.Applicability)), fix.Edits, writeEdit)
}

func writeLabel(w words, label Label) words {
	return w.maybeText(label.Path).number(label.Span.Start, label.Span.End).text(label.Message)
}

func writeFinding(w words, f Finding) words {
	w = w.number(f.rule, f.file).maybeSpan(&f.place.Span)
	if f.place.Node.Exists() {
		w = w.number(1, f.place.Node.row)
	} else {
		w = w.number(0, 0)
	}
	w = w.text(f.Message).maybeText(f.Help)
	w = writeList(w, f.Labels, writeLabel)
	w = writeList(w, f.Fixes, writeFix)
	return writeList(w.maybeText(f.Key), f.Data, writePair)
}

func writeFact(w words, fact Fact) words {
	return w.text(fact.Key).text(fact.Value).maybeSpan(fact.Span)
}

// answer gives the place of a result.
func answer(err error, success func(words) words) uint32 {
	// What the checks built is ours; the arguments are no longer needed.
	lent = nil
	if err != nil {
		return keep(words{1}.text(err.Error()).number(0, 0))
	}
	return keep(success(words{0}))
}

// --- the functions --------------------------------------------------------------------------------------------

//go:wasmexport stockade:plugin/rules@0.1.0#configure
func exportConfigure(rules, count uint32) uint32 {
	begin()
	var first error
	listAt(rules, count, 7, func(w words) any {
		err := configure(w[0], textAt(w[1], w[2]), textAt(w[3], w[4]), listAt(w[5], w[6], 7, readParam))
		if first == nil {
			first = err
		}
		return nil
	})
	return answer(first, func(w words) words { return w.number(0, 0) })
}

//go:wasmexport stockade:plugin/rules@0.1.0#check
func exportCheck(path, pathLength, kind, kindLength, marks, markCount, data, dataLength, textLength, tables,
	tableCount, run, runCount uint32) uint32 {
	begin()
	source := NewSource(textAt(path, pathLength), textAt(kind, kindLength), listAt(marks, markCount, 2, readText),
		textAt(data, dataLength), textLength, listAt(tables, tableCount, 5, readTable))
	out, err := check(source, wordsAt(run, runCount))
	return answer(err, func(w words) words {
		return writeList(writeList(w, out.Findings, writeFinding), out.Facts, writeFact)
	})
}

//go:wasmexport stockade:plugin/rules@0.1.0#check-project
func exportCheckProject(files, count, run, runCount uint32) uint32 {
	begin()
	out, err := checkProject(listAt(files, count, 6, readFile), wordsAt(run, runCount))
	return answer(err, func(w words) words { return writeList(w, out.Findings, writeFinding) })
}
