//! Rules about Dockerfiles.
use stockade_sdk::{Check, Family, FileFacts, Out, Params, Source};

/// The family.
#[derive(Debug)]
pub struct Dockerfile;

impl Family for Dockerfile {
    type View<'a> = &'a Source;
    type Project<'a> = ();
    const CHECKS: &'static [Check<Self>] = &[Check::<Self>::file("maintainer", maintainer)];
    fn view(source: &Source) -> &Source {
        source
    }
    fn project(_: &[FileFacts]) {}
}

fn maintainer(source: &&Source, _: &Params, out: &mut Out) {
    for node in source.root().descendants().filter(|n| n.is("MAINTAINER")) {
        out.finding(node.key_place(), "MAINTAINER is deprecated");
    }
}

stockade_sdk::export!(Dockerfile);
