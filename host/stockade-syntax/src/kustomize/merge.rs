//! Patches of Kubernetes: strategic merges, and lists of operations (JSON Patch, RFC 6902).
//!
//! Source: "Update API Objects in Place Using kubectl patch" in the documentation of Kubernetes, and the list types of its API.

use super::tree::Tree;

/// Lists whose items have a key by which they are merged; in all others the patch's list takes the place of the object's.
const KEYS: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("volumes", &["name"]),
    ("env", &["name"]),
    ("imagePullSecrets", &["name"]),
    ("ports", &["containerPort", "port"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey"]),
];

/// Deeper patches are not applied.
const MAX_DEPTH: u8 = 64;

/// Merges a patch into an object. Of a kind that Kubernetes does not know itself, lists are not merged.
pub(super) fn merge(object: &mut Tree, patch: &Tree) {
    let group = object.get("apiVersion").and_then(Tree::text).and_then(|version| version.split_once('/'));
    let is_builtin = group.is_none_or(|(group, _)| !group.contains('.') || group.ends_with(".k8s.io"));
    merge_at(object, patch, is_builtin, MAX_DEPTH);
}

fn merge_at(into: &mut Tree, patch: &Tree, by_key: bool, depth: u8) {
    let (Tree::Map(entries), Tree::Map(changes), Some(depth)) = (&mut *into, patch, depth.checked_sub(1))
    else {
        *into = patch.clone();
        return;
    };
    if patch.get("$patch").and_then(Tree::text) == Some("replace") {
        *entries = changes.iter().filter(|(key, _)| key != "$patch").cloned().collect();
        return;
    }
    for (key, change) in changes.iter().filter(|(key, _)| !key.starts_with('$')) {
        let is_deleted = change.is_null() || change.get("$patch").and_then(Tree::text) == Some("delete");
        if is_deleted {
            entries.retain(|(name, _)| name != key);
            continue;
        }
        match entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, known)) => match (known, change) {
                (Tree::List(known), Tree::List(items)) if by_key && keys_of(key).is_some() => {
                    merge_lists(known, items, keys_of(key).unwrap_or_default(), depth);
                }
                (known, change) => merge_at(known, change, by_key, depth),
            },
            None => entries.push((key.clone(), change.clone())),
        }
    }
}

fn keys_of(list: &str) -> Option<&'static [&'static str]> {
    KEYS.iter().find(|(name, _)| *name == list).map(|(_, keys)| *keys)
}

fn merge_lists(known: &mut Vec<Tree>, items: &[Tree], keys: &[&str], depth: u8) {
    for item in items {
        let Some((key, value)) = keys.iter().find_map(|key| Some((*key, item.get(key)?))) else {
            known.push(item.clone());
            continue;
        };
        let at = known.iter().position(|known| known.get(key) == Some(value));
        let is_deleted = item.get("$patch").and_then(Tree::text) == Some("delete");
        match at {
            Some(at) if is_deleted => _ = known.remove(at),
            Some(at) => known.get_mut(at).into_iter().for_each(|known| merge_at(known, item, true, depth)),
            None if is_deleted => {}
            // What a patch adds stands before what is there.
            None => known.insert(0, item.clone()),
        }
    }
}

/// Makes the changes of a list of operations. `None` where one of them can't be made, or is not understood.
pub(super) fn operate(object: &mut Tree, operations: &[Tree]) -> Option<()> {
    for operation in operations {
        let path = operation.get("path")?.text()?.strip_prefix('/')?;
        let (parent, last) = path.rsplit_once('/').map_or(("", path), |(parent, last)| (parent, last));
        let mut at = &mut *object;
        for word in parent.split('/').filter(|word| !word.is_empty()) {
            let word = unescaped(word);
            at = match at {
                Tree::List(items) => items.get_mut(word.parse::<usize>().ok()?)?,
                map => map.get_mut(&word)?,
            };
        }
        let last = unescaped(last);
        let value = operation.get("value").cloned();
        match (operation.get("op")?.text()?, at) {
            ("add" | "replace", Tree::Map(entries)) => match entries.iter_mut().find(|(key, _)| *key == last)
            {
                Some((_, known)) => *known = value?,
                None => entries.push((last, value?)),
            },
            ("add", Tree::List(items)) if last == "-" => items.push(value?),
            ("add", Tree::List(items)) => {
                let at = last.parse::<usize>().ok().filter(|at| *at <= items.len())?;
                items.insert(at, value?);
            }
            ("replace", Tree::List(items)) => *items.get_mut(last.parse::<usize>().ok()?)? = value?,
            ("remove", Tree::Map(entries)) => entries.retain(|(key, _)| *key != last),
            ("remove", Tree::List(items)) => {
                let at = last.parse::<usize>().ok().filter(|at| *at < items.len())?;
                items.remove(at);
            }
            ("test", _) => {}
            _ => return None,
        }
    }
    Some(())
}

fn unescaped(word: &str) -> String {
    word.replace("~1", "/").replace("~0", "~")
}
