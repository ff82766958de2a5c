//! The checks of {{name}}.

use stockade_sdk::{Check, Family, FileFacts, Out, Params, Source};

/// The checks.
#[derive(Debug)]
pub struct Plugin;

impl Family for Plugin {
    type View<'a> = &'a Source;
    type Project<'a> = ();

    const CHECKS: &'static [Check<Self>] =
        &[Check::<Self>::file("base-image-untagged", base_image_untagged)];

    fn view(source: &Source) -> &Source {
        source
    }

    fn project(_: &[FileFacts]) {}
}

stockade_sdk::export!(Plugin);

/// A base image has neither tag nor digest. `allow`: images that need none.
fn base_image_untagged(source: &&Source, params: &Params, out: &mut Out) {
    for stage in source.root().children().filter(|node| node.name() == "stage") {
        let Some(image) = stage.get("FROM").and_then(|from| from.get("image")) else { continue };
        let from = image.parent();
        let part = |name| from.is_some_and(|from| from.get(name).is_some());
        // `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
        if part("parent") || part("tag") || part("digest") || !image.is_known() {
            continue;
        }
        let name = image.text();
        if params.strings("allow").all(|allowed| allowed != name) {
            out.finding(image.place(), format!("base image {name} has neither tag nor digest"))
                .key(format!("image={name}"));
        }
    }
}
