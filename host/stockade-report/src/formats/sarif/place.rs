//! Places and messages in SARIF's words.

use serde_sarif::sarif::{ArtifactLocation, Location, Message, PhysicalLocation, Region as SarifRegion};
use stockade_model::{Region, Span};

use crate::snippet::Source;

pub(super) fn message(text: &str) -> Message {
    Message { text: Some(text.to_owned()), ..Message::default() }
}

/// A file, by its URI relative to the repository root. GitHub does not know `uriBaseId`, so there is none.
pub(super) fn artifact(uri: &str) -> ArtifactLocation {
    ArtifactLocation { uri: Some(uri.to_owned()), ..ArtifactLocation::default() }
}

pub(super) fn file_location(uri: &str, region: Option<SarifRegion>) -> Location {
    let physical =
        PhysicalLocation { artifact_location: Some(artifact(uri)), region, ..PhysicalLocation::default() };
    Location { physical_location: Some(physical), ..Location::default() }
}

/// Lines from 1, columns from 1 in UTF-16 code units, the end column behind the last character.
pub(super) fn region(r: &Region) -> SarifRegion {
    SarifRegion {
        start_line: Some(i64::from(r.line.max(1))),
        start_column: Some(i64::from(r.utf16_column.max(1))),
        end_line: Some(i64::from(r.end_line.max(r.line).max(1))),
        end_column: Some(i64::from(r.utf16_end_column.max(1))),
        ..SarifRegion::default()
    }
}

/// As [`region`], but a span that ends right behind a line break ends at the end of that line instead: GitHub shows
/// an alert in a pull request only when all of its lines are in the change.
pub(super) fn tight_region(r: &Region, span: Span, source: Option<Source<'_>>) -> SarifRegion {
    if r.end_line > r.line
        && r.utf16_end_column <= 1
        && let Some(source) = source
    {
        let (_, last) = source.lines(span);
        let (start, line) = source.line(last);
        let end = (start + line.len()) as u32;
        return region(&source.index.region(source.text, Span::new(span.start, end.max(span.start))));
    }
    region(r)
}
