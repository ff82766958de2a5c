// The checks of {{name}}.
import { plugin, type FileCheck } from "./sdk/stockade.ts";

/** A base image has neither tag nor digest. `allow`: images that need none. */
const baseImageUntagged: FileCheck = (source, params, out) => {
  for (const stage of source.root.children()) {
    const from = stage.name === "stage" ? stage.get("FROM") : undefined;
    const image = from?.get("image");
    // `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
    if (!from || !image?.isKnown || ["parent", "tag", "digest"].some((part) => from.get(part))) continue;
    const name = image.value;
    if (params.strings("allow").includes(name)) continue;
    out.finding(image.place, `base image ${name} has neither tag nor digest`, { key: `image=${name}` });
  }
};

export const rules = plugin({ checks: { "base-image-untagged": baseImageUntagged } });
