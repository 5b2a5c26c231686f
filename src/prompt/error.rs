//! Why a template gives no prompt.

/// A fault of a template, or of the item that it met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("read the template `{template}`: {reason}{}; correct it", place(*line))]
    Unreadable { template: &'static str, reason: String, line: Option<usize> },
    #[error("fill the template `{template}` for item `{item}`: there is no `{variable}`; use one of: {}", known.join(", "))]
    Undefined { template: &'static str, item: String, variable: String, known: Vec<String> },
    #[error("fill the template `{template}` for item `{item}`: {reason}; correct the template or the row")]
    Failed { template: &'static str, item: String, reason: String },
}

fn place(line: Option<usize>) -> String {
    line.map_or(String::new(), |line| format!(" in its line {line}"))
}
