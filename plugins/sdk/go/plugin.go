package stockade

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// Applicability says when a fix may be applied.
type Applicability uint32

// Safe fixes change nothing that works; unsafe ones need --unsafe-fixes; manual ones are only shown.
const (
	Safe Applicability = iota
	Unsafe
	Manual
)

// Edit replaces the bytes of a span.
type Edit struct {
	Span        Span
	Replacement string
}

// ReplaceValue is the edit that puts text in the place of a node's value.
func ReplaceValue(node Node, text string) Edit { return Edit{node.Span(), text} }

// Fix is a list of edits that are applied together.
type Fix struct {
	Title         string
	Applicability Applicability
	Edits         []Edit
}

// Label is a further place. Path is empty for the same file.
type Label struct {
	Path    string
	Span    Span
	Message string
}

// Pair is a value by name.
type Pair struct{ Name, Value string }

// Finding is something that breaks a rule. Message is one sentence that names what was found, lower case, without a final
// period. Help and Key are left out where they are empty.
type Finding struct {
	Message, Help, Key string
	Labels             []Label
	Fixes              []Fix
	Data               []Pair
	rule, file         uint32
	place              Place
}

// Fact is something to remember about a file for the checks over all files.
type Fact struct {
	Key, Value string
	Span       *Span
}

// FileFacts is what was recorded for one file.
type FileFacts struct {
	Path, Kind string
	Facts      []Fact
}

// Out collects what the checks find.
type Out struct {
	Findings []Finding
	Facts    []Fact
	rule     uint32
}

// Report adds a finding.
func (o *Out) Report(place Place, finding Finding) {
	finding.rule, finding.place = o.rule, place
	o.Findings = append(o.Findings, finding)
}

// ReportIn adds a finding in the file with this index, from a check over all files.
func (o *Out) ReportIn(file int, span *Span, finding Finding) {
	if span != nil {
		finding.place.Span = *span
	}
	finding.rule, finding.file = o.rule, uint32(file)
	o.Findings = append(o.Findings, finding)
}

// Fact records a fact.
func (o *Out) Fact(key, value string, span Span) {
	o.Facts = append(o.Facts, Fact{key, value, &span})
}

// Param is one node of a rule's parameters.
type Param struct {
	Depth uint32
	Name  string
	Args  []string
	Props []Pair
}

// Params are a rule's parameters, in pre-order.
type Params []Param

// Strings gives all arguments of the top-level parameters of this name.
func (p Params) Strings(name string) []string {
	var all []string
	for _, param := range p {
		if param.Depth == 0 && param.Name == name {
			all = append(all, param.Args...)
		}
	}
	return all
}

// String gives the first of them, or nothing.
func (p Params) String(name string) string {
	if all := p.Strings(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Check looks at one file.
type Check func(source *Source, params Params, out *Out)

// ProjectCheck looks at the facts of all files.
type ProjectCheck func(files []FileFacts, params Params, out *Out)

// Plugin is a plugin's checks by name, and what records facts for those over all files.
type Plugin struct {
	Checks        map[string]Check
	ProjectChecks map[string]ProjectCheck
	Facts         func(source *Source, out *Out)
}

type rule struct {
	check  string
	params Params
}

var (
	registered Plugin
	enabled    map[uint32]rule
)

// Register says what the plugin is. Call it from init.
func Register(plugin Plugin) { registered = plugin }

func configure(index uint32, id, check string, params Params) error {
	_, file := registered.Checks[check]
	_, project := registered.ProjectChecks[check]
	if !file && !project {
		return fmt.Errorf("rule `%s` names the check `%s`, which this plugin does not have", id, check)
	}
	enabled[index] = rule{check, params}
	return nil
}

func check(source *Source, run []uint32) (out Out, err error) {
	defer told(&err)
	project := false
	for _, index := range run {
		rule := enabled[index]
		out.rule = index
		if check, ok := registered.Checks[rule.check]; ok {
			check(source, rule.params, &out)
		} else {
			project = true
		}
	}
	if project && registered.Facts != nil {
		registered.Facts(source, &out)
	}
	return out, err
}

func checkProject(files []FileFacts, run []uint32) (out Out, err error) {
	defer told(&err)
	for _, index := range run {
		rule := enabled[index]
		out.rule = index
		if check, ok := registered.ProjectChecks[rule.check]; ok {
			check(files, rule.params, &out)
		}
	}
	return out, err
}

// told turns a panic into the plugin's answer.
func told(err *error) {
	if what := recover(); what != nil {
		*err = fmt.Errorf("panic: %v%s", what, panicPlace())
	}
}

// panicPlace says where the panic that is being recovered began, in parentheses.
func panicPlace() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	panicked := false
	for {
		frame, more := frames.Next()
		own := strings.HasPrefix(frame.Function, "runtime.")
		if panicked && !own {
			return fmt.Sprintf(" (%s, line %d)", path.Base(frame.File), frame.Line)
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			return ""
		}
	}
}
