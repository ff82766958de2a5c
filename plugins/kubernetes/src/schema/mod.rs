//! What objects of Kubernetes' API are made of: `api.txt`, which says itself where it comes from.
//!
//! The file is not read as a whole: its lines are sorted, so that one is found by halving, and the types that were met are
//! kept.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::LazyLock;

const API: &str = include_str!("api.txt");

/// What a value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Anything.
    Any,
    /// Text, and nothing that YAML takes for something else.
    Text,
    /// One of these words, which `|` parts.
    Words(&'static str),
    /// A boolean.
    Bool,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// A number or text: `500m`.
    Quantity,
    /// A port by its number or name, a number or a percentage.
    IntegerOrText,
    /// A point in time, which YAML may read as text or not.
    Time,
    /// A list of the shape that is written.
    List(&'static str),
    /// A map with any keys to values of the shape that is written.
    Map(&'static str),
    /// An object of the type with this name.
    Object(&'static str),
}

impl Shape {
    /// Reads a shape as `api.txt` writes it; what is not known may be anything.
    #[must_use]
    pub fn read(written: &'static str) -> Self {
        match written {
            "s" => Self::Text,
            "b" => Self::Bool,
            "i" => Self::Integer,
            "n" => Self::Number,
            "q" => Self::Quantity,
            "x" => Self::IntegerOrText,
            "t" => Self::Time,
            _ => match (written.get(..1), written.get(1..)) {
                (Some("="), Some(words)) => Self::Words(words),
                (Some("["), Some(inner)) => Self::List(inner),
                (Some("{"), Some(inner)) => Self::Map(inner),
                (Some("@"), Some(name)) => Self::Object(name),
                _ => Self::Any,
            },
        }
    }
}

/// A field of a type.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// [`start`] of its name.
    start: u64,
}

/// A type.
#[derive(Debug)]
pub struct Type {
    /// Its name without the module: `Container`.
    pub name: &'static str,
    /// Its fields, sorted by name.
    pub fields: Vec<Field>,
    /// The names of those that every version of Kubernetes asks for.
    pub required: Vec<&'static str>,
}

impl Type {
    /// The field with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        let start = start(name);
        let at = self
            .fields
            .binary_search_by(|field| field.start.cmp(&start).then_with(|| field.name.cmp(name)))
            .ok()?;
        self.fields.get(at)
    }
}

/// The first eight bytes of a name as a number that is ordered as they are: comparing it costs less than comparing texts.
fn start(name: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(name.as_bytes()).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(bytes)
}

/// What is known of an API version and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Objects of this kind are of the type with this name.
    Type(&'static str),
    /// The version has no such kind.
    NoSuchKind,
    /// Nothing is known about this version: an extension's, or one that was an experiment.
    Nothing,
}

/// Looks up an API version, `apps/v1`, and a kind.
#[must_use]
pub fn kind(version: &str, kind: &str) -> Known {
    KINDS.with_borrow_mut(|kinds| {
        let Some(place) = kinds.get_mut(place(kind, version.len())) else { return Known::Nothing };
        if let Some((its_version, its_kind, known)) = place
            && **its_kind == *kind
            && **its_version == *version
        {
            return *known;
        }
        let known = look_up(version, kind);
        // What a file may choose at will is not kept at any length.
        if version.len() + kind.len() < 200 {
            *place = Some((version.into(), kind.into(), known));
        }
        known
    })
}

/// All API versions with their kinds, sorted.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = SECTIONS.0.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, words.next()?))
    })
}

fn look_up(version: &str, kind: &str) -> Known {
    let kinds = SECTIONS.0;
    let found = line(kinds, |line| {
        let (its_version, rest) = line.split_once(' ').unwrap_or((line, ""));
        let its_kind = rest.split(' ').next().unwrap_or_default();
        its_version.cmp(version).then_with(|| its_kind.cmp(kind))
    });
    if let Some(name) = found.and_then(|line| line.rsplit(' ').next()) {
        return Known::Type(name);
    }
    let is_listed = line(kinds, |line| line.split(' ').next().unwrap_or_default().cmp(version)).is_some();
    if is_listed { Known::NoSuchKind } else { Known::Nothing }
}

/// A version and kind that was met lately, if any.
type MetKind = Option<(Box<str>, Box<str>, Known)>;
/// A type that was met lately, if any.
type MetType = Option<(&'static str, Rc<Type>)>;

/// Places for what was met: more than repositories use together.
const PLACES: usize = 512;

thread_local! {
    static KINDS: RefCell<Vec<MetKind>> = RefCell::new(vec![None; PLACES]);
    static TYPES: RefCell<Vec<MetType>> = RefCell::new(vec![None; PLACES]);
}

/// The place of a name, which differs from others at its end.
fn place(name: &str, more: usize) -> usize {
    let end = name.as_bytes().iter().rev().take(8);
    let hash = end
        .fold((name.len() + more) as u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    hash as usize % PLACES
}

/// The type with this name.
#[must_use]
pub fn of_name(name: &'static str) -> Option<Rc<Type>> {
    TYPES.with_borrow_mut(|types| {
        let place = types.get_mut(place(name, 0))?;
        if let Some((of, found)) = place
            && *of == name
        {
            return Some(Rc::clone(found));
        }
        let found = Rc::new(read(name)?);
        *place = Some((name, Rc::clone(&found)));
        Some(found)
    })
}

fn read(name: &str) -> Option<Type> {
    let line = line(SECTIONS.1, |line| line.split(' ').next().unwrap_or_default().cmp(name))?;
    let mut words = line.split(' ');
    let name = words.next()?.rsplit('.').next()?;
    let (mut fields, mut required) = (Vec::new(), Vec::new());
    for word in words {
        // Names hold neither sign.
        let Some((name, shape)) = word.find([':', '!']).and_then(|at| word.split_at_checked(at)) else {
            continue;
        };
        fields.push(Field { name, shape: Shape::read(shape.get(1..)?), start: start(name) });
        required.extend(shape.starts_with('!').then_some(name));
    }
    Some(Type { name, fields, required })
}

/// The lines about kinds, and those about types. Comments come before everything else in the order of the lines.
static SECTIONS: LazyLock<(&str, &str)> = LazyLock::new(|| API.split_once("\n\n").unwrap_or((API, "")));

/// The line for which `compare` finds nothing to choose, in a text of sorted lines.
fn line(text: &'static str, compare: impl Fn(&str) -> std::cmp::Ordering) -> Option<&'static str> {
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = text.get(low..middle)?.rfind('\n').map_or(low, |at| low + at + 1);
        let end = text.get(middle..high)?.find('\n').map_or(high, |at| middle + at);
        let line = text.get(start..end)?;
        match compare(line) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{API, Known, SECTIONS, Shape, kind, of_name};

    #[test]
    fn every_kind_and_type_is_found() {
        for line in SECTIONS.0.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            let [version, name, of] = words[..] else { panic!("{line}") };
            assert_eq!(kind(version, name), Known::Type(of), "{line}");
            assert!(of_name(of).is_some(), "{line}");
        }
        assert_eq!(kind("apps/v1", "Deploymnet"), Known::NoSuchKind);
        assert_eq!(kind("example.com/v1", "Deployment"), Known::Nothing);
        assert_eq!(kind("", ""), Known::Nothing);
        assert!(API.is_ascii());
    }

    #[test]
    fn every_type_is_made_of_known_ones() {
        fn follow(shape: Shape, line: &str) {
            match shape {
                Shape::List(inner) | Shape::Map(inner) => follow(Shape::read(inner), line),
                Shape::Object(name) => assert!(of_name(name).is_some(), "{name} in {line}"),
                _ => {}
            }
        }
        for line in SECTIONS.1.lines() {
            let of = of_name(line.split(' ').next().unwrap_or_default()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(of.fields.len(), line.split(' ').count() - 1, "{line}");
            for field in &of.fields {
                assert!(of.field(field.name).is_some_and(|found| found.name == field.name), "{line}");
                follow(field.shape, line);
            }
        }
    }
}
