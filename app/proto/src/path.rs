//! Paths such as `body.messages[0].amount` in error texts. They are built from the inside out while an error
//! travels up, so that what succeeds pays nothing for them.

/// Puts `step`, a field's name or an index in brackets, before `path`.
pub(crate) fn prepend(path: &mut String, step: &str) {
    if !path.is_empty() && !path.starts_with('[') {
        path.insert(0, '.');
    }
    path.insert_str(0, step);
}

/// `path` with a colon, or nothing when the error is about the whole message.
pub(crate) fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}
