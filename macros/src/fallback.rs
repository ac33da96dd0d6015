//! What stands where the attribute is wrong: its mistakes, and the function as the user wrote it, so that nothing else in
//! the crate becomes an error.

use proc_macro2::TokenStream;

use crate::diagnostic::Errors;

/// The item, and one `compile_error!` for each mistake.
pub(crate) fn emit(item: TokenStream, errors: Errors) -> TokenStream {
    let mut tokens = item;
    tokens.extend(errors.into_tokens());
    tokens
}
