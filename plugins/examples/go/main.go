// The example plugin: a check on Dockerfiles, one with a fix, one across files, and two on the host's views.
package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	stockade "github.com/stockade-lint/stockade/plugins/sdk/go"
)

func init() {
	stockade.Register(stockade.Plugin{
		Checks: map[string]stockade.Check{
			"base-image-untagged": baseImageUntagged,
			"pull-policy":         pullPolicy,
			"timeout-long":        timeoutLong,
			"variable-set":        variableSet,
		},
		ProjectChecks: map[string]stockade.ProjectCheck{"service-twice": serviceTwice},
		Facts:         services,
	})
}

func main() {}

// A base image has neither tag nor digest. `allow`: images that need none.
func baseImageUntagged(source *stockade.Source, params stockade.Params, out *stockade.Out) {
	for stage := range source.Root().Children() {
		if stage.Name() != "stage" {
			continue
		}
		from := stage.Get("FROM")
		image := from.Get("image")
		// `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
		named := from.Get("parent").Exists() || from.Get("tag").Exists() || from.Get("digest").Exists()
		name := image.Value()
		if !image.Exists() || named || !image.IsKnown() || slices.Contains(params.Strings("allow"), name) {
			continue
		}
		out.Report(image.Place(), stockade.Finding{
			Message: fmt.Sprintf("base image %s has neither tag nor digest", name),
			Key:     "image=" + name,
			Data:    []stockade.Pair{{Name: "image", Value: name}},
		})
	}
}

// Where pods keep their containers, in all kinds of objects.
var containers = []string{
	"spec.initContainers[*]",
	"spec.containers[*]",
	"spec.template.spec.initContainers[*]",
	"spec.template.spec.containers[*]",
	"spec.jobTemplate.spec.template.spec.initContainers[*]",
	"spec.jobTemplate.spec.template.spec.containers[*]",
}

// A container has another pull policy than `policy`, which is what the fix writes.
func pullPolicy(source *stockade.Source, params stockade.Params, out *stockade.Out) {
	for object := range source.Root().Children() {
		for _, path := range containers {
			for _, container := range object.At(path) {
				containerPullPolicy(container, params.String("policy"), out)
			}
		}
	}
}

func containerPullPolicy(container stockade.Node, wanted string, out *stockade.Out) {
	policy, image, name := container.Get("imagePullPolicy"), container.Get("image"), "without name"
	if !policy.IsScalar() || policy.IsNull() || !policy.IsKnown() || policy.Value() == wanted {
		return
	}
	if named := container.Get("name"); named.Exists() {
		name = named.Value()
	}
	finding := stockade.Finding{
		Message: fmt.Sprintf("container %s has the pull policy %s, not %s", name, policy.Value(), wanted),
		Key:     "container=" + name,
		Data:    []stockade.Pair{{Name: "policy", Value: policy.Value()}},
		Fixes: []stockade.Fix{{
			Title: "pull with the policy " + wanted,
			Edits: []stockade.Edit{stockade.ReplaceValue(policy, wanted)},
		}},
	}
	if image.Exists() {
		finding.Labels = []stockade.Label{{Span: image.Place().Span, Message: "this image"}}
	}
	out.Report(policy.Place(), finding)
}

// Records the Services that a manifest declares, as `namespace/name`.
func services(source *stockade.Source, out *stockade.Out) {
	for object := range source.Root().Children() {
		name, namespace := object.Find("metadata.name"), object.Find("metadata.namespace")
		if object.Get("kind").Value() != "Service" || !name.Exists() || !name.IsKnown() || !namespace.IsKnown() {
			continue
		}
		space := "default"
		if namespace.Exists() {
			space = namespace.Value()
		}
		out.Fact("service", space+"/"+name.Value(), name.Span())
	}
}

// Two manifests declare the same Service.
func serviceTwice(files []stockade.FileFacts, _ stockade.Params, out *stockade.Out) {
	type declared struct {
		path string
		span *stockade.Span
	}
	seen := map[string]declared{}
	for index, file := range files {
		for _, fact := range file.Facts {
			if fact.Key != "service" {
				continue
			}
			first, again := seen[fact.Value]
			if !again {
				seen[fact.Value] = declared{file.Path, fact.Span}
				continue
			}
			finding := stockade.Finding{
				Message: fmt.Sprintf("service %s is declared in %s as well", fact.Value, first.path),
				Key:     "service=" + fact.Value,
				Data:    []stockade.Pair{{Name: "service", Value: fact.Value}, {Name: "first", Value: first.path}},
			}
			if first.span != nil {
				finding.Labels = []stockade.Label{{Path: first.path, Span: *first.span, Message: "declared here first"}}
			}
			out.ReportIn(index, fact.Span, finding)
		}
	}
}

// A time among "setting" is longer than "most" milliseconds, however it is written.
func timeoutLong(source *stockade.Source, params stockade.Params, out *stockade.Out) {
	most, err := strconv.ParseInt(params.String("most"), 10, 64)
	if err != nil {
		most = math.MaxInt64
	}
	names := params.Strings("setting")
	for setting := range source.Settings() {
		if setting.Kind() != stockade.ValueDuration || !setting.IsValue() {
			continue
		}
		if setting.Number() <= most || !slices.Contains(names, setting.Name()) {
			continue
		}
		out.Report(setting.Place(), stockade.Finding{
			Message: fmt.Sprintf("%s waits %d ms, more than %d", setting.Written(), setting.Number(), most),
			Key:     "setting=" + setting.Name(),
			Data:    []stockade.Pair{{Name: "value", Value: setting.Value()}},
		})
	}
}

// One of "variable" is set to a value.
func variableSet(source *stockade.Source, params stockade.Params, out *stockade.Out) {
	names := params.Strings("variable")
	for variable := range source.Variables() {
		elsewhere := variable.Flags()&(stockade.RowInherited|stockade.RowSecretReference) != 0
		if elsewhere || variable.Value() == "" || !slices.Contains(names, variable.Name()) {
			continue
		}
		out.Report(variable.Place(), stockade.Finding{
			Message: fmt.Sprintf("variable %s is set to %s", variable.Name(), variable.Value()),
			Key:     "variable=" + variable.Name(),
			Data:    []stockade.Pair{{Name: "origin", Value: strconv.FormatUint(uint64(variable.Origin()), 10)}},
		})
	}
}
