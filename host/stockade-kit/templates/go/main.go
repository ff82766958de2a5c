// The checks of {{name}}.
package main

import (
	"fmt"
	"slices"

	stockade "github.com/stockade-lint/stockade/plugins/sdk/go"
)

func init() {
	stockade.Register(stockade.Plugin{
		Checks: map[string]stockade.Check{"base-image-untagged": baseImageUntagged},
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
		})
	}
}
