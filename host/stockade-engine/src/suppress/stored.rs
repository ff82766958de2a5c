//! The directives of a file in a form that can be kept between runs.

use super::{Directive, Directives, Mistake, Scope, Tool};
use serde::{Deserialize, Serialize};
use stockade_model::{Span, SuppressionSource};
use stockade_pack::config::Date;

/// The rules that mistakes can break. Another one would not come back.
const RULES: [&str; 2] = [super::grammar::INVALID, super::place::MISPLACED];

/// As [`Directives`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredDirectives<'a> {
    #[serde(borrow)]
    found: Vec<StoredDirective<'a>>,
    #[serde(borrow)]
    mistakes: Vec<StoredMistake<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredDirective<'a> {
    span: Span,
    source: Source<'a>,
    scope: u8,
    reach: Span,
    #[serde(borrow)]
    names: Vec<(&'a str, Span)>,
    list: Option<Span>,
    /// Days since 1970, and where they are written.
    until: Option<(u32, Span)>,
    reason: Option<&'a str>,
    removal: Option<Span>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Source<'a> {
    Comment,
    Configuration,
    Tool(&'a str),
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredMistake<'a> {
    rule: &'a str,
    span: Span,
    message: &'a str,
    help: Option<&'a str>,
    #[serde(borrow)]
    names: Vec<&'a str>,
}

const SCOPES: [Scope; 4] = [Scope::Line, Scope::Node, Scope::Document, Scope::File];

impl<'a> StoredDirectives<'a> {
    /// What is to be kept.
    pub(crate) fn of(directives: &'a Directives) -> Self {
        let directive = |d: &'a Directive| {
            let Directive { span, source, scope, reach, names, list, until, reason, removal } = d;
            StoredDirective {
                span: *span,
                source: match source {
                    SuppressionSource::Comment => Source::Comment,
                    SuppressionSource::Configuration => Source::Configuration,
                    SuppressionSource::Tool(name) => Source::Tool(name),
                },
                scope: *scope as u8,
                reach: *reach,
                names: names.iter().map(|(name, span)| (name.as_str(), *span)).collect(),
                list: *list,
                until: until.map(|(day, span)| (day.days(), span)),
                reason: reason.as_deref(),
                removal: *removal,
            }
        };
        let mistake = |m: &'a Mistake| {
            let Mistake { rule, span, message, help, names } = m;
            let names = names.iter().map(String::as_str).collect();
            StoredMistake { rule, span: *span, message, help: help.as_deref(), names }
        };
        let Directives { found, mistakes } = directives;
        Self {
            found: found.iter().map(directive).collect(),
            mistakes: mistakes.iter().map(mistake).collect(),
        }
    }

    /// The directives again, if `holds` lets all their spans pass.
    pub(crate) fn admit(self, holds: &dyn Fn(Span) -> Option<Span>) -> Option<Directives> {
        let optional = |span: Option<Span>| match span {
            Some(span) => holds(span).map(Some),
            None => Some(None),
        };
        let name = |(name, span): (&str, Span)| Some((name.to_owned(), holds(span)?));
        let directive = |stored: StoredDirective<'_>| {
            Some(Directive {
                span: holds(stored.span)?,
                source: match stored.source {
                    Source::Comment => SuppressionSource::Comment,
                    Source::Configuration => SuppressionSource::Configuration,
                    Source::Tool(name) => SuppressionSource::Tool(Tool::from_name(name)?.as_str()),
                },
                scope: SCOPES.into_iter().find(|scope| *scope as u8 == stored.scope)?,
                // Only compared with other spans; that of a whole file may end behind it.
                reach: stored.reach,
                names: stored.names.into_iter().map(name).collect::<Option<_>>()?,
                list: optional(stored.list)?,
                until: match stored.until {
                    Some((days, span)) => Some((Date::from_days(days)?, holds(span)?)),
                    None => None,
                },
                reason: stored.reason.map(str::to_owned),
                removal: optional(stored.removal)?,
            })
        };
        let mistake = |stored: StoredMistake<'_>| {
            Some(Mistake {
                rule: RULES.into_iter().find(|rule| *rule == stored.rule)?,
                span: holds(stored.span)?,
                message: stored.message.to_owned(),
                help: stored.help.map(str::to_owned),
                names: stored.names.into_iter().map(str::to_owned).collect(),
            })
        };
        Some(Directives {
            found: self.found.into_iter().map(directive).collect::<Option<_>>()?,
            mistakes: self.mistakes.into_iter().map(mistake).collect::<Option<_>>()?,
        })
    }
}
