//! The source of a crate as a tree of modules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{Attribute, Item, Visibility};

/// The path of a module; empty for the root.
pub(super) type ModulePath = Vec<String>;

/// The modules of a crate, those that only tests have left out.
pub(super) struct Crate {
    /// The name as paths give it.
    pub(super) name: String,
    pub(super) modules: BTreeMap<ModulePath, Module>,
}

pub(super) struct Module {
    pub(super) items: Vec<Item>,
}

impl Crate {
    pub(super) fn read(package: &str, root: &Path) -> Self {
        let mut krate = Self { name: package.replace('-', "_"), modules: BTreeMap::new() };
        let folder = root.parent().expect("a folder").to_owned();
        krate.add_file(Vec::new(), root, &folder);
        krate
    }

    fn add_file(&mut self, path: ModulePath, file: &Path, children: &Path) {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.add(path, parsed.items, children);
    }

    fn add(&mut self, path: ModulePath, items: Vec<Item>, children: &Path) {
        let mut kept = Vec::new();
        for mut item in items {
            if attributes(&item).iter().any(is_left_out) {
                continue;
            }
            if let Item::Mod(module) = &mut item {
                let name = module.ident.to_string();
                let mut inner = path.clone();
                inner.push(name.clone());
                match module.content.take() {
                    Some((_, items)) => self.add(inner, items, &children.join(&name)),
                    None => self.add_file(inner, &file_of(children, &name), &children.join(&name)),
                }
            }
            kept.push(item);
        }
        self.modules.insert(path, Module { items: kept });
    }
}

fn file_of(folder: &Path, module: &str) -> PathBuf {
    let flat = folder.join(format!("{module}.rs"));
    if flat.is_file() { flat } else { folder.join(module).join("mod.rs") }
}

/// Only for tests, or for nobody's eyes.
fn is_left_out(attribute: &Attribute) -> bool {
    let text = attribute.meta.to_token_stream().to_string().replace(' ', "");
    text == "cfg(test)" || text == "doc(hidden)"
}

pub(super) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The attributes of an item.
pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
