//! What of a crate others can name, one item a line.
//!
//! Items are listed under every public path that leads to them. What macros make is not seen.

use std::collections::BTreeSet;

use syn::{Fields, ImplItem, Item, ItemImpl, TraitItem, Type, UseTree};

use super::krate::{Crate, Module, ModulePath, is_public};
use super::signature::text;

/// The lines of a crate.
pub(super) fn public_items(krate: &Crate) -> BTreeSet<String> {
    let mut lister = Lister { krate, lines: BTreeSet::new(), open: Vec::new() };
    lister.module(&Vec::new(), &krate.name);
    lister.lines
}

struct Lister<'a> {
    krate: &'a Crate,
    lines: BTreeSet<String>,
    /// Modules being listed, with the path under which; a module may name itself.
    open: Vec<(ModulePath, String)>,
}

/// What a path of a `use` leads to inside the crate.
enum Found {
    Module(ModulePath),
    Item(ModulePath, String),
}

impl<'a> Lister<'a> {
    fn module(&mut self, path: &ModulePath, shown: &str) {
        let key = (path.clone(), shown.to_owned());
        let Some(module) = self.krate.modules.get(path) else { return };
        if self.open.contains(&key) {
            return;
        }
        self.open.push(key);
        self.lines.insert(format!("mod {shown}"));
        for item in &module.items {
            self.item_of(path, item, shown);
        }
        self.open.pop();
    }

    /// An item where it stands.
    fn item_of(&mut self, path: &ModulePath, item: &'a Item, shown: &str) {
        match item {
            Item::Mod(inner) if is_public(&inner.vis) => {
                let name = inner.ident.to_string();
                self.module(&child(path, &name), &format!("{shown}::{name}"));
            }
            Item::Use(item) if is_public(&item.vis) => {
                self.reexport(path, &mut Vec::new(), &item.tree, shown)
            }
            other => {
                if let Some(name) = public_name(other) {
                    self.define(path, other, &name, &format!("{shown}::{name}"));
                }
            }
        }
    }

    fn reexport(&mut self, path: &ModulePath, prefix: &mut Vec<String>, tree: &UseTree, shown: &str) {
        match tree {
            UseTree::Path(tree) => {
                prefix.push(tree.ident.to_string());
                self.reexport(path, prefix, &tree.tree, shown);
                prefix.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.reexport(path, prefix, tree, shown);
                }
            }
            UseTree::Name(name) => self.reexport_one(path, prefix, &name.ident.to_string(), None, shown),
            UseTree::Rename(tree) => {
                let new = tree.rename.to_string();
                self.reexport_one(path, prefix, &tree.ident.to_string(), Some(new), shown);
            }
            UseTree::Glob(_) => match self.find(path, prefix) {
                Some(Found::Module(module)) => {
                    let krate = self.krate;
                    for item in krate.modules.get(&module).into_iter().flat_map(|module| &module.items) {
                        self.item_of(&module, item, shown);
                    }
                }
                _ => {
                    self.lines.insert(format!("use {shown}::* = {}::*", prefix.join("::")));
                }
            },
        }
    }

    fn reexport_one(
        &mut self,
        path: &ModulePath,
        prefix: &[String],
        name: &str,
        new: Option<String>,
        shown: &str,
    ) {
        let target: Vec<String> = prefix.iter().cloned().chain([name.to_owned()]).collect();
        let shown = format!("{shown}::{}", new.as_deref().unwrap_or(name));
        match self.find(path, &target) {
            Some(Found::Module(module)) => self.module(&module, &shown),
            Some(Found::Item(module, name)) => {
                let krate = self.krate;
                let items = krate.modules.get(&module).into_iter().flat_map(|module| &module.items);
                for item in items.filter(|item| public_name(item).as_deref() == Some(&name)) {
                    self.define(&module, item, &name, &shown);
                }
            }
            None => {
                self.lines.insert(format!("use {shown} = {}", target.join("::")));
            }
        }
    }

    /// Follows a path from inside a module, through private modules and re-exports.
    fn find(&self, from: &ModulePath, target: &[String]) -> Option<Found> {
        let mut at = from.clone();
        let mut rest = target;
        while let Some((first, behind)) = rest.split_first() {
            match first.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => {
                    at.pop()?;
                }
                name => {
                    let inner = child(&at, name);
                    if self.krate.modules.contains_key(&inner) {
                        at = inner;
                    } else if behind.is_empty() && self.krate.modules.contains_key(&at) {
                        return self.find_item(&at, name);
                    } else {
                        return None;
                    }
                }
            }
            rest = behind;
        }
        Some(Found::Module(at))
    }

    fn find_item(&self, module: &ModulePath, name: &str) -> Option<Found> {
        let here: &Module = self.krate.modules.get(module)?;
        if here.items.iter().any(|item| public_name(item).as_deref() == Some(name)) {
            return Some(Found::Item(module.clone(), name.to_owned()));
        }
        let uses = here.items.iter().filter_map(|item| match item {
            Item::Use(item) if is_public(&item.vis) => Some(&item.tree),
            _ => None,
        });
        let mut paths = Vec::new();
        for tree in uses {
            leaves(tree, &mut Vec::new(), &mut paths);
        }
        let target = paths.into_iter().find(|(shown, _)| shown == name)?.1;
        self.find(module, &target)
    }

    /// Lists an item that is defined in a module, under a path.
    fn define(&mut self, module: &ModulePath, item: &'a Item, name: &str, shown: &str) {
        let mut lines = Vec::new();
        match item {
            Item::Const(item) => lines.push(format!("const {shown}: {}", text(&item.ty))),
            Item::Static(item) => lines.push(format!("static {shown}: {}", text(&item.ty))),
            Item::Type(item) => {
                lines.push(format!("type {shown}{} = {}", text(&item.generics), text(&item.ty)))
            }
            Item::Macro(_) => lines.push(format!("macro {shown}")),
            Item::Fn(item) => lines.push(format!("fn {shown}: {}", text(&item.sig))),
            Item::Struct(item) => {
                lines.push(format!("struct {shown}{}{}", text(&item.generics), marks(&item.attrs)));
                lines.extend(fields(&item.fields, shown, false));
                lines.extend(derives(&item.attrs).map(|derived| format!("impl {derived} for {shown}")));
            }
            Item::Enum(item) => {
                lines.push(format!("enum {shown}{}{}", text(&item.generics), marks(&item.attrs)));
                for variant in &item.variants {
                    let path = format!("{shown}::{}", variant.ident);
                    lines.push(format!("variant {path}{}", marks(&variant.attrs)));
                    lines.extend(fields(&variant.fields, &path, true));
                }
                lines.extend(derives(&item.attrs).map(|derived| format!("impl {derived} for {shown}")));
            }
            Item::Trait(item) => {
                lines.push(format!("trait {shown}{}: {}", text(&item.generics), text(&item.supertraits)));
                lines.extend(item.items.iter().filter_map(|item| trait_line(item, shown)));
            }
            _ => {}
        }
        self.lines.extend(lines);
        for (of, item) in impls(self.krate, name) {
            if self.is_of(module, name, &of) {
                self.lines.extend(impl_lines(item, shown));
            }
        }
    }

    /// True if an `impl` of a type with this name, standing in `of`, is for the one defined in `module`: the nearest.
    fn is_of(&self, module: &ModulePath, name: &str, of: &ModulePath) -> bool {
        let near = |other: &ModulePath| other.iter().zip(of).take_while(|(a, b)| a == b).count();
        let own = near(module);
        let rivals = self.krate.modules.iter().filter(|(path, _)| *path != module);
        let defines =
            |module: &Module| module.items.iter().any(|item| defined_name(item).as_deref() == Some(name));
        !rivals.into_iter().any(|(path, module)| defines(module) && near(path) > own)
    }
}

fn child(path: &ModulePath, name: &str) -> ModulePath {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

/// All names that a `use` brings, each with the path behind it.
fn leaves(tree: &UseTree, prefix: &mut Vec<String>, out: &mut Vec<(String, Vec<String>)>) {
    let full = |prefix: &[String], name: String| prefix.iter().cloned().chain([name]).collect();
    match tree {
        UseTree::Path(tree) => {
            prefix.push(tree.ident.to_string());
            leaves(&tree.tree, prefix, out);
            prefix.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, prefix, out)),
        UseTree::Name(name) => out.push((name.ident.to_string(), full(prefix, name.ident.to_string()))),
        UseTree::Rename(tree) => out.push((tree.rename.to_string(), full(prefix, tree.ident.to_string()))),
        UseTree::Glob(_) => {}
    }
}

/// The name of an item that is public where it stands.
fn public_name(item: &Item) -> Option<String> {
    let visibility = match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        _ => return None,
    };
    is_public(visibility).then(|| defined_name(item)).flatten()
}

fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// The `impl` blocks for types of a name, with the module in which each stands.
fn impls<'a>(krate: &'a Crate, name: &str) -> Vec<(ModulePath, &'a ItemImpl)> {
    let mut found = Vec::new();
    for (path, module) in &krate.modules {
        for item in &module.items {
            if let Item::Impl(item) = item
                && let Type::Path(of) = &*item.self_ty
                && of.path.segments.last().is_some_and(|last| last.ident == name)
            {
                found.push((path.clone(), item));
            }
        }
    }
    found
}

fn impl_lines(item: &ItemImpl, shown: &str) -> Vec<String> {
    if let Some((path, _)) = &item.trait_ {
        return vec![format!("impl {} for {shown}", text(path))];
    }
    let lines = item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(item) if is_public(&item.vis) => {
            Some(format!("fn {shown}::{}: {}", item.sig.ident, text(&item.sig)))
        }
        ImplItem::Const(item) if is_public(&item.vis) => {
            Some(format!("const {shown}::{}: {}", item.ident, text(&item.ty)))
        }
        _ => None,
    });
    lines.collect()
}

fn trait_line(item: &TraitItem, shown: &str) -> Option<String> {
    match item {
        TraitItem::Fn(item) => {
            let provided = if item.default.is_some() { " (provided)" } else { "" };
            Some(format!("fn {shown}::{}: {}{provided}", item.sig.ident, text(&item.sig)))
        }
        TraitItem::Const(item) => Some(format!("const {shown}::{}: {}", item.ident, text(&item.ty))),
        TraitItem::Type(item) => Some(format!("type {shown}::{}: {}", item.ident, text(&item.bounds))),
        _ => None,
    }
}

/// The fields that others see; all of them in a variant.
fn fields(fields: &Fields, shown: &str, all: bool) -> Vec<String> {
    let seen = fields.iter().enumerate().filter(|(_, field)| all || is_public(&field.vis));
    let lines = seen.map(|(number, field)| {
        let name = field.ident.as_ref().map_or_else(|| number.to_string(), ToString::to_string);
        format!("field {shown}.{name}: {}", text(&field.ty))
    });
    lines.collect()
}

fn marks(attributes: &[syn::Attribute]) -> &'static str {
    let is_open = |attribute: &syn::Attribute| attribute.path().is_ident("non_exhaustive");
    if attributes.iter().any(is_open) { " (non_exhaustive)" } else { "" }
}

fn derives(attributes: &[syn::Attribute]) -> impl Iterator<Item = String> {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    lists.flat_map(|attribute| {
        let mut names = Vec::new();
        attribute
            .parse_nested_meta(|meta| {
                names.push(text(&meta.path));
                Ok(())
            })
            .expect("a list of derives");
        names
    })
}
