//! Takes secrets out of text before it is kept.
//!
//! Keys come from environment variables only, but a user may still type one. So everything that looks like one is
//! replaced, and a harmless word lost is the cheaper mistake.

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Beginnings of the keys of known services.
const KEY_PREFIXES: [&str; 9] = ["sk-", "hf_", "gsk_", "xai-", "ghp_", "gho_", "github_pat_", "AKIA", "AIza"];

/// Fewest characters behind such a beginning; below it is a word like `sk-learn`.
const SHORTEST_KEY: usize = 8;

/// Words that make the name of a flag, variable, header or query field a name of secrets.
const SECRET_WORDS: [&str; 16] = [
    "key",
    "apikey",
    "token",
    "accesstoken",
    "secret",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "auth",
    "authorization",
    "bearer",
    "credential",
    "credentials",
    "signature",
    "sig",
];

/// The command line with every secret replaced by [`REDACTED`].
///
/// Replaced are values of key-like flags (`--api-key X`, `--token=X`) and assignments (`OPENAI_API_KEY=X`),
/// headers (`Authorization: X`), service keys (`sk-...`, `hf_...`), user and password of a URL, and key-like query
/// fields. `--max-tokens 5` and `--tokenizer X` stay.
#[must_use]
pub fn redact_command_line<I>(arguments: I) -> Vec<String>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut redacted = Vec::new();
    let mut is_value_of_secret = false;
    for argument in arguments {
        let argument = argument.as_ref();
        let is_flag = argument.starts_with('-') && argument.len() > 1;
        if is_value_of_secret && !argument.starts_with("--") {
            redacted.push(REDACTED.to_owned());
            is_value_of_secret = false;
            continue;
        }
        is_value_of_secret = is_flag && !argument.contains('=') && is_secret_name(argument);
        redacted.push(redact(argument));
    }
    redacted
}

/// `text` with every secret in it replaced by [`REDACTED`]; see [`redact_command_line`].
#[must_use]
pub fn redact(text: &str) -> String {
    let (start, rest) = match text.split_once(['=', ':']) {
        // `--token=X`, `NAME_KEY=X`, `Authorization: Bearer X`; a URL's own `:` and `=` are looked at below.
        Some((name, value)) if !value.starts_with("//") && is_plain_name(name) && is_secret_name(name) => {
            let separator = &text[name.len()..=name.len()];
            return format!("{name}{separator}{REDACTED}");
        }
        _ => ("", text),
    };
    let without_keys = redact_service_keys(rest);
    format!("{start}{}", redact_queries(&redact_userinfo(&without_keys)))
}

fn is_plain_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn is_secret_name(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| SECRET_WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn redact_service_keys(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut previous = None;
    while let Some(first) = rest.chars().next() {
        let is_start_of_word = !previous.is_some_and(|c: char| c.is_ascii_alphanumeric());
        let key_length = KEY_PREFIXES.iter().filter(|_| is_start_of_word).find_map(|prefix| {
            let body = rest.strip_prefix(prefix)?;
            let length = body.find(|c| !is_key_character(c)).unwrap_or(body.len());
            (length >= SHORTEST_KEY).then_some(prefix.len() + length)
        });
        let length = match key_length {
            Some(length) => {
                clean.push_str(REDACTED);
                length
            }
            None => {
                clean.push(first);
                first.len_utf8()
            }
        };
        previous = rest[..length].chars().next_back();
        rest = &rest[length..];
    }
    clean
}

/// `scheme://user:password@host` loses what stands before the `@`.
fn redact_userinfo(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find("://") {
        let (before, after) = rest.split_at(position + 3);
        clean.push_str(before);
        let end = after.find(|c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace()).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(at) => {
                clean.push_str(REDACTED);
                &after[at..]
            }
            None => after,
        };
    }
    clean.push_str(rest);
    clean
}

/// `?api_key=X&n=1` loses the X.
fn redact_queries(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find(['?', '&']) {
        let (before, after) = rest.split_at(position + 1);
        clean.push_str(before);
        let end = after.find(|c: char| matches!(c, '&' | '#') || c.is_whitespace()).unwrap_or(after.len());
        rest = match after[..end].split_once('=') {
            Some((name, value)) if !value.is_empty() && is_secret_name(name) => {
                clean.push_str(name);
                clean.push('=');
                clean.push_str(REDACTED);
                &after[end..]
            }
            _ => after,
        };
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(arguments: &[&str]) -> String {
        redact_command_line(arguments).join(" ")
    }

    #[test]
    fn values_of_key_like_flags_are_gone() {
        assert_eq!(line(&["run", "--api-key", "abc", "hubble"]), "run --api-key [redacted] hubble");
        assert_eq!(line(&["--token=abc"]), "--token=[redacted]");
        assert_eq!(line(&["OPENAI_API_KEY=abc"]), "OPENAI_API_KEY=[redacted]");
        assert_eq!(line(&["-H", "Authorization: Bearer abc"]), "-H Authorization:[redacted]");
        assert_eq!(line(&["--password", "-abc"]), "--password [redacted]");
    }

    #[test]
    fn flags_about_tokens_of_text_stay() {
        let kept = ["--max-tokens", "5", "--tokenizer", "t.json", "--model", "builtin:standard", "--seed=7"];
        assert_eq!(line(&kept), kept.join(" "));
    }

    #[test]
    fn service_keys_are_gone_wherever_they_stand() {
        assert_eq!(redact("x sk-abcdef0123456 y"), "x [redacted] y");
        assert_eq!(redact("hf_abcdefghijkl"), "[redacted]");
        assert_eq!(redact("say \"sk-proj-ab_cdef01\""), "say \"[redacted]\"");
        for kept in ["task-abcdefghijk", "sk-learn", "builtin:standard", "hubble/passages"] {
            assert_eq!(redact(kept), kept);
        }
    }

    #[test]
    fn a_url_loses_user_password_and_query_keys_only() {
        assert_eq!(redact("https://me:pw@host.org/v1#m"), "https://[redacted]@host.org/v1#m");
        assert_eq!(redact("https://h/v1?n=1&api_key=abc&q=2#m"), "https://h/v1?n=1&api_key=[redacted]&q=2#m");
        assert_eq!(redact("--model=http://h/?access_token=abc"), "--model=http://h/?access_token=[redacted]");
        assert_eq!(redact("https://h/v1/@scope#m"), "https://h/v1/@scope#m");
    }

    #[test]
    fn a_secret_flag_without_a_value_does_not_eat_the_next_flag() {
        assert_eq!(line(&["--api-key", "--model", "m"]), "--api-key --model m");
    }
}
