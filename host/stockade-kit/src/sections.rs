//! The outermost sections of a WebAssembly file, module or component, as bytes.

use crate::KitError;

/// Bytes of magic number, version and layer.
const HEADER: usize = 8;
/// The number of custom sections.
const CUSTOM: u8 = 0;

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Module,
    Component,
}

pub(crate) fn layer(wasm: &[u8]) -> Option<Layer> {
    match wasm.get(..HEADER)? {
        [0, b'a', b's', b'm', 1, 0, 0, 0] => Some(Layer::Module),
        [0, b'a', b's', b'm', _, 0, 1, 0] => Some(Layer::Component),
        _ => None,
    }
}

/// A custom section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Custom<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it holds.
    pub data: &'a [u8],
}

/// The custom sections of a file's outermost layer, in order.
///
/// # Errors
/// [`KitError::NoWasm`] where the file is no WebAssembly or is cut off.
pub fn sections(wasm: &[u8]) -> Result<Vec<Custom<'_>>, KitError> {
    Ok(split(wasm)?.into_iter().filter_map(|section| section.custom).collect())
}

/// The file with exactly one custom section of this name, as its last section. All other bytes stay as they are, so
/// the result depends on nothing but the arguments.
///
/// # Errors
/// As [`sections`].
pub fn replace_section(wasm: &[u8], name: &str, data: &[u8]) -> Result<Vec<u8>, KitError> {
    let mut out = wasm.get(..HEADER).unwrap_or_default().to_vec();
    for section in split(wasm)? {
        if section.custom.is_none_or(|custom| custom.name != name) {
            out.extend_from_slice(section.whole);
        }
    }
    let mut body = Vec::with_capacity(data.len() + name.len() + 5);
    write_length(&mut body, name.len());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(data);
    out.push(CUSTOM);
    write_length(&mut out, body.len());
    out.extend_from_slice(&body);
    Ok(out)
}

struct Section<'a> {
    whole: &'a [u8],
    custom: Option<Custom<'a>>,
}

fn split(wasm: &[u8]) -> Result<Vec<Section<'_>>, KitError> {
    layer(wasm).ok_or(KitError::NoWasm { at: 0 })?;
    let mut sections = Vec::new();
    let mut at = HEADER;
    while let Some(id) = wasm.get(at).copied() {
        let broken = KitError::NoWasm { at };
        let (length, used) = read_length(wasm.get(at + 1..).unwrap_or_default()).ok_or(broken.clone())?;
        let start = at + 1 + used;
        let end = start.checked_add(length).ok_or(broken.clone())?;
        let (whole, body) = wasm.get(at..end).zip(wasm.get(start..end)).ok_or(broken.clone())?;
        let custom = if id == CUSTOM { Some(custom(body).ok_or(broken)?) } else { None };
        sections.push(Section { whole, custom });
        at = end;
    }
    Ok(sections)
}

fn custom(body: &[u8]) -> Option<Custom<'_>> {
    let (length, used) = read_length(body)?;
    let (name, data) = body.get(used..)?.split_at_checked(length)?;
    Some(Custom { name: std::str::from_utf8(name).ok()?, data })
}

/// Reads a LEB128 number of at most 32 bits; gives it with the bytes it takes.
fn read_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(u32::try_from(value).ok()?).ok()?, index + 1));
        }
    }
    None
}

fn write_length(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        out.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_put_in_once_and_the_rest_stays() {
        let wasm =
            wat::parse_str(r#"(component (core module (func)) (@custom "x" "old") (@custom "y" "kept"))"#)
                .unwrap();
        let data = vec![7; 70_000];
        let new = replace_section(&wasm, "x", &data).unwrap();
        let found = sections(&new).unwrap();
        assert_eq!(found.iter().map(|s| s.name).collect::<Vec<_>>(), ["y", "x"]);
        assert_eq!(found[1].data, data);
        assert_eq!(replace_section(&new, "x", &data).unwrap(), new);
        assert_eq!(replace_section(&new, "x", b"old").unwrap().len(), wasm.len());
    }

    #[test]
    fn cut_and_changed_files_are_errors_or_other_files_but_no_panics() {
        let wasm = wat::parse_str(r#"(component (core module (func)) (@custom "x" "old"))"#).unwrap();
        for at in 0..wasm.len() {
            let _ = sections(&wasm[..at]);
            for value in [0, 0x7f, 0x80, 0xff] {
                let mut bad = wasm.clone();
                bad[at] = value;
                let _ = replace_section(&bad, "x", b"y");
            }
        }
        assert_eq!(sections(b"\x7fELF"), Err(KitError::NoWasm { at: 0 }));
        assert_eq!(
            sections(&[&wasm[..], &[0, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat()).map(|s| s.len()),
            Err(KitError::NoWasm { at: wasm.len() })
        );
    }
}
