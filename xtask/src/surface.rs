//! What callers see of the generated code: types with their properties, and environments.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use quote::ToTokens;
use syn::{FnArg, ImplItem, Item, ItemImpl, Visibility};

#[derive(Default)]
pub(crate) struct Surface {
    pub(crate) types: BTreeMap<String, Type>,
    /// Each environment with its URL.
    pub(crate) environments: Vec<(String, String)>,
}

#[derive(Default, PartialEq)]
pub(crate) struct Type {
    /// Callers can name it: it is in `paypos::types`.
    pub(crate) public: bool,
    /// What the constructor of a request takes, in its order; an answer has none.
    pub(crate) arguments: Option<Vec<String>>,
    /// The type of each property.
    pub(crate) properties: BTreeMap<String, String>,
}

impl Surface {
    pub(crate) fn of(code: &str) -> Result<Self> {
        let file = syn::parse_file(code).context("the generated code does not parse")?;
        let mut surface = Self::default();
        let mut public = BTreeSet::new();
        for item in &file.items {
            match item {
                Item::Mod(module) if module.ident == "types" => {
                    for item in module.content.iter().flat_map(|(_, items)| items) {
                        if let Item::Struct(item) = item {
                            let fields = item.fields.iter().filter_map(|field| {
                                Some((spelled(field.ident.as_ref()?), short(&spelled(&field.ty))))
                            });
                            let ty = Type { properties: fields.collect(), ..Type::default() };
                            surface.types.insert(item.ident.to_string(), ty);
                        } else if let Item::Enum(item) = item {
                            surface.types.entry(item.ident.to_string()).or_default();
                        }
                    }
                }
                Item::Mod(module) if module.ident == "public" => {
                    let text = module.content.iter().flat_map(|(_, items)| items).map(spelled);
                    let text: String = text.collect();
                    let names = text.split(['{', '}']).nth(1).unwrap_or_default().split(',');
                    public.extend(names.map(|name| name.trim().to_owned()));
                }
                Item::Impl(block) if block.trait_.is_none() => surface.read_impl(block),
                _ => {}
            }
        }
        for (name, ty) in &mut surface.types {
            ty.public = public.contains(name);
        }
        Ok(surface)
    }

    fn read_impl(&mut self, block: &ItemImpl) {
        let name = spelled(&block.self_ty);
        for item in &block.items {
            let ImplItem::Fn(function) = item else { continue };
            let function_name = function.sig.ident.to_string();
            if name == "Environment" && function_name == "base_url" {
                let text = spelled(&function.block);
                let arms = text.split("Self::").skip(1).filter_map(|arm| {
                    let (variant, rest) = arm.split_once("=>")?;
                    Some((variant.to_owned(), rest.split('"').nth(1)?.to_owned()))
                });
                self.environments = arms.collect();
            }
            let Some(ty) = name.strip_prefix("types::").and_then(|name| self.types.get_mut(name)) else {
                continue;
            };
            if function_name == "new" && matches!(function.vis, Visibility::Public(_)) {
                let arguments = function.sig.inputs.iter().filter_map(|argument| match argument {
                    FnArg::Typed(argument) => Some(spelled(&argument.pat)),
                    FnArg::Receiver(_) => None,
                });
                ty.arguments = Some(arguments.collect());
            }
        }
    }
}

fn spelled(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

/// A type as one would say it.
fn short(ty: &str) -> String {
    let mut ty = ty.to_owned();
    for path in ["::std::option::", "::std::string::", "::std::vec::", "::std::boxed::", "crate::"] {
        ty = ty.replace(path, "");
    }
    ty.replace("::serde_json", "serde_json").replace(",>", ">")
}

/// Whether two types differ only in whether there need be a value.
pub(crate) fn without_option(ty: &str) -> &str {
    ty.strip_prefix("Option<").and_then(|ty| ty.strip_suffix('>')).unwrap_or(ty)
}
