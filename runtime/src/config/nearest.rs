//! "Did you mean".

/// The known name that is at most two edits away.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let edits = known.into_iter().map(|known| (strsim::osa_distance(name, known), known));
    edits.filter(|&(n_edits, _)| n_edits <= 2).min().map(|(_, known)| known)
}
