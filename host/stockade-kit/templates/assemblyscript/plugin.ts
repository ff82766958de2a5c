// The checks of {{name}}.
import { Out, Params, Source, fileCheck } from "./sdk/stockade";
export { realloc, configure, configured, check, checked, checkProject, checkedProject } from "./sdk/stockade";

/** A base image has neither tag nor digest. `allow`: images that need none. */
function baseImageUntagged(source: Source, params: Params, out: Out): void {
  const allowed = params.strings("allow");
  for (let stage = source.root.first; stage.exists; stage = stage.next) {
    if (stage.name != "stage") continue;
    const from = stage.get("FROM");
    const image = from.get("image");
    // `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
    if (from.get("parent").exists || from.get("tag").exists || from.get("digest").exists) continue;
    if (!image.exists || !image.isKnown || allowed.includes(image.value)) continue;
    out.report(image.place, `base image ${image.value} has neither tag nor digest`).key(`image=${image.value}`);
  }
}

fileCheck("base-image-untagged", baseImageUntagged);
