//! Where an endpoint is: a URL that was looked at before anything is sent to it.

use std::net::IpAddr;

use reqwest::Url;

use crate::redact::redact;

/// The base URL of an endpoint, e.g. `https://host/v1`: without user, query and fragment, and without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

/// Why a URL is no address of an endpoint. Holds no part of the URL that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    #[error("it is no URL ({0})")]
    Malformed(String),
    #[error("its scheme is `{0}`; an endpoint has http:// or https://")]
    Scheme(String),
    #[error(
        "it holds a user or a password; take them out and name the variable that holds the key as `api_key_env` in models.toml"
    )]
    Credentials,
    #[error("it has a query; take it out (keys belong into a variable that models.toml names)")]
    Query,
    #[error("it names no host")]
    NoHost,
    #[error("{0} is an address of this machine's cloud or link, where no model answers")]
    LinkLocal(IpAddr),
}

impl Address {
    /// Checks a URL.
    ///
    /// # Errors
    /// See [`AddressFault`].
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let mut url = Url::parse(text).map_err(|error| AddressFault::Malformed(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressFault::Scheme(redact(url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressFault::Credentials);
        }
        if url.query().is_some() {
            return Err(AddressFault::Query);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(AddressFault::NoHost)?;
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>()
            && is_link_local(address)
        {
            return Err(AddressFault::LinkLocal(address));
        }
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The URL of one of its methods, e.g. `chat/completions`.
    #[must_use]
    pub fn method(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let full = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&full);
        url
    }

    /// As people read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Prompts and keys go over the network in plain text.
    #[must_use]
    pub fn is_open_to_eavesdroppers(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        self.0.scheme() == "http" && !is_loopback
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => {
            let first = address.segments()[0];
            let is_metadata = address.segments() == [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254];
            (first & 0xffc0) == 0xfe80
                || is_metadata
                || address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_link_local())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_stands_behind_the_base() {
        for text in ["https://host/v1", "https://host/v1/", "https://host/v1#model"] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.method("chat/completions").as_str(), "https://host/v1/chat/completions");
            assert_eq!(address.as_str(), "https://host/v1");
        }
        assert_eq!(Address::parse("http://h:8000").unwrap().method("models").as_str(), "http://h:8000/models");
    }

    #[test]
    fn what_could_leak_or_lead_astray_is_refused_without_telling_it() {
        let fault = |text| Address::parse(text).unwrap_err();
        assert_eq!(fault("https://me:hunter2@host/v1"), AddressFault::Credentials);
        assert_eq!(fault("https://host/v1?api_key=hunter2"), AddressFault::Query);
        assert_eq!(fault("ftp://host/v1"), AddressFault::Scheme("ftp".into()));
        assert!(matches!(fault("host/v1"), AddressFault::Malformed(_)));
        for metadata in [
            "http://169.254.169.254/v1",
            "http://[fe80::1]/v1",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:169.254.1.1]/",
        ] {
            assert!(matches!(fault(metadata), AddressFault::LinkLocal(_)), "{metadata}");
        }
    }

    #[test]
    fn plain_http_is_safe_only_to_this_machine() {
        let is_open = |text| Address::parse(text).unwrap().is_open_to_eavesdroppers();
        assert!(is_open("http://host/v1") && is_open("http://10.0.0.7:8000/v1"));
        assert!(!is_open("https://host/v1") && !is_open("http://127.0.0.1:1/v1") && !is_open("http://[::1]/v1"));
    }
}
