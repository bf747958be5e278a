//! Reads pages: from the network, from files, and from standard input.

use std::{
    fs,
    io::{Read, stdin},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use url::{Host, Url};

/// For the whole of one page.
const TIMEOUT: Duration = Duration::from_secs(30);

/// In bytes; the pages are some ten thousand.
const MAX_PAGE: usize = 4 * 1024 * 1024;

/// A page as it was given.
pub(crate) struct Page {
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) url: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

/// Reads each source: `-` for standard input, a URL, or a file.
pub(crate) fn pages(sources: &[String]) -> Result<Vec<Page>> {
    let progress = ProgressBar::new(sources.len() as u64);
    // Shown on a terminal alone, on standard error.
    progress.set_style(
        ProgressStyle::with_template("{bar:20} {pos}/{len} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut pages = Vec::new();
    for source in sources {
        progress.set_message(source.clone());
        pages.push(page(source)?);
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(pages)
}

fn page(source: &str) -> Result<Page> {
    let (name, url, bytes) = match source {
        "-" => ("standard input", None, limited(stdin(), "standard input")?),
        _ if source.contains("://") => (source, Some(source.to_owned()), fetch(source)?),
        path => {
            let file = fs::File::open(path).with_context(|| {
                format!("{path}: it cannot be opened; expected a file, a URL that begins with https://, or -")
            })?;
            (path, None, limited(file, path)?)
        }
    };
    // Of a path its end, by which a page is known.
    let name = match url {
        None => Path::new(name).file_name().map_or(name.into(), |file| file.to_string_lossy()),
        Some(_) => name.into(),
    };
    Ok(Page { name: name.into_owned(), url, bytes })
}

fn limited(input: impl Read, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input
        .take(MAX_PAGE as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("{name}: it cannot be read"))?;
    if bytes.len() > MAX_PAGE {
        bail!("{name}: it is larger than {MAX_PAGE} bytes; expected a page with a document or two");
    }
    Ok(bytes)
}

fn fetch(url: &str) -> Result<Vec<u8>> {
    let parsed = Url::parse(url).with_context(|| format!("{url}: it is not a URL"))?;
    let loopback = match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if parsed.scheme() != "https" && !(parsed.scheme() == "http" && loopback) {
        bail!("{url}: a page is read over https; expected a URL that begins with https://");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .https_only(parsed.scheme() == "https")
            .user_agent("paypos-xtask")
            .build()
            .context("no client for https can be set up here")?;
        let failed = |error: reqwest::Error| {
            let what = match () {
                () if error.is_timeout() => format!("it took longer than {} s", TIMEOUT.as_secs()),
                () if error.is_connect() => "no connection can be made".to_owned(),
                () => "the connection failed".to_owned(),
            };
            anyhow::Error::new(error.without_url()).context(format!(
                "{url}: the page cannot be fetched: {what}; check the network, or save the pages and give the files"
            ))
        };
        let mut response = client.get(parsed.clone()).send().await.map_err(failed)?;
        if response.status() != 200 {
            bail!(
                "{url}: the server answered {}; check the address in {}, or save the page and give the file",
                response.status(),
                crate::sources::FILE
            );
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_PAGE {
                bail!("{url}: it is larger than {MAX_PAGE} bytes; expected a page with a document or two");
            }
        }
        Ok(bytes)
    })
}
