//! An argument, by whatever pattern it is taken.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, FieldPat, Pat, PatIdent, PatType, Type};

use crate::diagnostic::Errors;
use crate::tokens;

/// One argument of the function, receiver excepted.
pub(crate) struct Argument {
    pub(crate) attributes: Vec<Attribute>,
    /// What the argument is called as a whole: the user's own name, or one made of the bindings in its pattern.
    pub(crate) name: Ident,
    pub(crate) pattern: Pat,
    pub(crate) ty: Type,
    /// The names that the body sees.
    pub(crate) bindings: Vec<Ident>,
}

impl Argument {
    pub(super) fn read(typed: &PatType, before: &[Self], errors: &mut Errors) -> Self {
        if let Some(cfg) = typed.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
            errors
                .on(cfg, "an argument cannot come and go in a cached function; put `#[cfg]` on two functions instead");
        }
        if tokens::borrows_mutably(&typed.ty) {
            errors.on(
                &typed.ty,
                "a hit does not run the function, so nothing would be written through this `&mut`; take a value or `&`, \
                 and return what changes",
            );
        }
        let mut bindings = Vec::new();
        collect(&typed.pat, &mut bindings, errors);
        let name = match simple(&typed.pat) {
            Some(pattern) => pattern.ident.clone(),
            None => join(&bindings, before),
        };
        Self { attributes: typed.attrs.clone(), name, pattern: (*typed.pat).clone(), ty: (*typed.ty).clone(), bindings }
    }

    /// `x`, `mut x` or `ref x`: one binding, named like the argument.
    pub(crate) fn is_simple(&self) -> bool {
        simple(&self.pattern).is_some()
    }

    /// `x`: the pattern adds nothing to the name.
    pub(crate) fn is_bare(&self) -> bool {
        simple(&self.pattern).is_some_and(|pattern| pattern.mutability.is_none() && pattern.by_ref.is_none())
    }

    /// `&T`, written so: it is handed on as it is, where others are lent.
    pub(crate) fn is_reference(&self) -> bool {
        self.is_simple() && matches!(self.ty, Type::Reference(_))
    }

    /// `impl Trait`: a type parameter that has no name to stand in the key by.
    pub(crate) fn is_generic(&self) -> bool {
        tokens::mentions(&self.ty, "impl")
    }

    /// `name: Type`
    pub(crate) fn declared(&self) -> TokenStream {
        let Self { attributes, name, ty, .. } = self;
        quote!(#(#attributes)* #name: #ty)
    }

    /// The pattern for a reference to the argument: what it binds are references.
    pub(crate) fn borrowed_pattern(&self) -> TokenStream {
        tokens::without_binding_modes(&self.pattern)
    }

    /// The same for a key, which looks at the whole argument where its type has no name.
    pub(crate) fn pattern_of_key(&self) -> TokenStream {
        let (name, pattern) = (&self.name, self.borrowed_pattern());
        if self.is_generic() { quote!(#name @ #pattern) } else { pattern }
    }
}

fn simple(pattern: &Pat) -> Option<&PatIdent> {
    match pattern {
        Pat::Ident(pattern) if pattern.subpat.is_none() => Some(pattern),
        Pat::Paren(inner) => simple(&inner.pat),
        _ => None,
    }
}

/// All names that `pattern` binds.
fn collect(pattern: &Pat, bindings: &mut Vec<Ident>, errors: &mut Errors) {
    match pattern {
        Pat::Ident(PatIdent { ident, subpat, .. }) => {
            bindings.push(ident.clone());
            if let Some((_, inner)) = subpat {
                collect(inner, bindings, errors);
            }
        }
        Pat::Paren(inner) => collect(&inner.pat, bindings, errors),
        Pat::Reference(inner) => collect(&inner.pat, bindings, errors),
        Pat::Tuple(inner) => inner.elems.iter().for_each(|part| collect(part, bindings, errors)),
        Pat::TupleStruct(inner) => inner.elems.iter().for_each(|part| collect(part, bindings, errors)),
        Pat::Slice(inner) => inner.elems.iter().for_each(|part| collect(part, bindings, errors)),
        Pat::Struct(inner) => {
            inner.fields.iter().for_each(|FieldPat { pat, .. }| collect(pat, bindings, errors));
        }
        Pat::Wild(_) | Pat::Rest(_) | Pat::Path(_) | Pat::Lit(_) | Pat::Range(_) | Pat::Const(_) => {}
        other => errors.on(other, "what this pattern binds cannot be seen here; take the argument by a name"),
    }
}

/// `a_b` for `(a, b)`, changed until it is a name that no argument before has. It lives in the macro's own hygiene, so
/// it cannot meet a name of the user's.
fn join(bindings: &[Ident], before: &[Argument]) -> Ident {
    let names: Vec<String> = bindings.iter().map(|binding| binding.unraw().to_string()).collect();
    let mut name = if names.is_empty() { "unnamed".to_owned() } else { names.join("_") };
    while syn::parse_str::<Ident>(&name).is_err() || before.iter().any(|argument| argument.name == name) {
        name.push('_');
    }
    Ident::new(&name, Span::mixed_site())
}
