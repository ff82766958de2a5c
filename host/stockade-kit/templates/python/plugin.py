"""The checks of {{name}}."""

import stockade

plugin = stockade.Plugin()


@plugin.check("base-image-untagged")
def base_image_untagged(source, params, out):
    """A base image has neither tag nor digest. `allow`: images that need none."""
    for stage in source.root.children():
        origin = stage.get("FROM") if stage.name == "stage" else None
        image = origin and origin.get("image")
        # `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
        if image is None or not image.is_known or any(origin.get(part) for part in ("parent", "tag", "digest")):
            continue
        name = image.value
        if name not in params.strings("allow"):
            out.finding(image.place(), f"base image {name} has neither tag nor digest", key=f"image={name}")


Rules = plugin.rules()
