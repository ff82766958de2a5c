//! One file per format. Each takes the same input and writes to the same kind of writer.

mod checkstyle;
mod concise;
mod github;
mod gitlab;
pub(crate) mod html;
mod json;
mod junit;
mod markdown;
mod pretty;
mod sarif;
mod xml;

pub(crate) use markdown::{code, escape};
pub(crate) use pretty::Paint;

use crate::{Format, Input};
use std::io;

/// Where formats write. The type is named for those that write many small pieces: a call through `dyn` for each
/// quotation mark is felt in a file of megabytes.
pub(crate) type Out<'a> = io::BufWriter<&'a mut dyn io::Write>;

/// Writes `input` in `format`.
pub(crate) fn render(format: Format, input: &Input<'_>, out: &mut Out<'_>) -> io::Result<()> {
    match format {
        Format::Pretty => pretty::render(input, out),
        Format::Concise => concise::render(input, out),
        Format::Json => json::render(input, out),
        Format::Sarif => sarif::render(input, out),
        Format::Github => github::render(input, out),
        Format::Gitlab => gitlab::render(input, out),
        Format::Junit => junit::render(input, out),
        Format::Markdown => markdown::render(input, out),
        Format::Checkstyle => checkstyle::render(input, out),
        Format::Html => html::render(input, out),
    }
}
