//! Reads pages, finds the documents on them, and lays the documents out.

use std::{
    fs,
    io::{Read, stdin},
    path::Path,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use paypos_codegen::{Document, is_unseen};
use serde_json::Value;
use ureq::Agent;

use crate::json::pretty;

/// For the whole of one page.
const TIMEOUT: Duration = Duration::from_secs(30);

/// In bytes; the pages have some ten thousand.
const MAX_PAGE: u64 = 4 * 1024 * 1024;

/// A document as it is on a page.
pub(crate) struct Found {
    /// Read and checked; its `file` is the place on the page.
    pub(crate) document: Document,
    /// Its text, laid out as it is stored.
    pub(crate) text: String,
    /// The page: a file name, a URL, or `standard input`.
    pub(crate) page: String,
    pub(crate) url: Option<String>,
}

/// What was read of all pages.
#[derive(Default)]
pub(crate) struct Pages {
    pub(crate) found: Vec<Found>,
    /// Blocks that are no operation, and what they are.
    pub(crate) set_aside: Vec<String>,
    /// Why a page cannot be used. It stops no other.
    pub(crate) refused: Vec<String>,
    /// The address of the vendor's index of all pages, if a page names one on its own host.
    pub(crate) index: Option<String>,
}

/// Reads the documents on all pages, in parallel: `-` is standard input, anything else a URL or a file.
pub(crate) fn read_all(sources: &[String]) -> Pages {
    let mut pages = Pages::default();
    let read = thread::scope(|scope| {
        let readers: Vec<_> = sources.iter().map(|source| scope.spawn(|| read(source))).collect();
        readers.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    for (source, text) in sources.iter().zip(read) {
        let text = text.unwrap_or_else(|_| Err(anyhow!("{source}: its reader panicked")));
        if let Err(error) = text.and_then(|text| pages.add(source, &text)) {
            pages.refused.push(format!("{error:#}"));
        }
    }
    pages
}

/// The name of a page: a saved one is known by its file name.
fn name(source: &str) -> &str {
    match source {
        "-" => "standard input",
        url if url.contains("://") => url,
        file => Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file),
    }
}

fn read(source: &str) -> Result<String> {
    let bytes = if source == "-" {
        limited(stdin(), name(source))?
    } else if source.contains("://") {
        fetch(source)?
    } else {
        let file = fs::File::open(source).with_context(|| {
            format!("{source}: it cannot be opened; expected a file, a URL that begins with https://, or -")
        })?;
        limited(file, source)?
    };
    let text = String::from_utf8(bytes)
        .map_err(|error| anyhow!("{}: it is not UTF-8: {error}; expected a page of text", name(source)))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

impl Pages {
    pub(crate) fn add(&mut self, source: &str, text: &str) -> Result<()> {
        let (page, url) = (name(source), source.contains("://").then(|| source.to_owned()));
        self.index = self.index.take().or_else(|| index_of(url.as_deref()?, text));
        let (documents, set_aside) = documents(page, text)?;
        self.set_aside.extend(set_aside);
        let found = |(document, text)| Found { document, text, page: page.to_owned(), url: url.clone() };
        self.found.extend(documents.into_iter().map(found));
        Ok(())
    }
}

/// The index of all pages that a page names, on its own host.
fn index_of(url: &str, text: &str) -> Option<String> {
    links(text, url).find(|link| link.ends_with("/llms.txt"))
}

/// The pages below a folder that the vendor's index lists.
pub(crate) fn pages_below(index: &str, folder: &str) -> Result<Vec<String>> {
    let text = String::from_utf8_lossy(&fetch(index)?).into_owned();
    let mut pages: Vec<_> = links(&text, index).filter(|link| link.starts_with(folder)).collect();
    pages.sort();
    pages.dedup();
    Ok(pages)
}

/// The targets of a text's links that are on the same host as its page.
fn links<'a>(text: &'a str, url: &str) -> impl Iterator<Item = String> + 'a {
    let host = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    text.split("](").skip(1).filter_map(move |rest| {
        let target = rest.split([')', ' ', '\n']).next()?.split('#').next()?;
        let link = if target.starts_with('/') { format!("{host}{target}") } else { target.to_owned() };
        (link.strip_prefix(&host)?.starts_with('/') && !link.contains(is_unseen)).then_some(link)
    })
}

// Guard: network::a_page_that_is_too_large_is_not_read_to_its_end
fn limited(input: impl Read, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = input.take(MAX_PAGE + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("{name}: it cannot be read"))?;
    if bytes.len() as u64 > MAX_PAGE {
        bail!(too_large(name));
    }
    Ok(bytes)
}

fn too_large(name: &str) -> String {
    format!("{name}: it is larger than {MAX_PAGE} bytes; expected a page with a document or two")
}

// Guard: network::a_page_is_not_read_over_http_wherever_its_server_redirects
// Guard: network::a_page_that_never_comes_is_not_waited_for
fn fetch(url: &str) -> Result<Vec<u8>> {
    if !url.starts_with("https://") {
        bail!("{url}: a page is read over https; expected a URL that begins with https://");
    }
    // An error means that one is installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
    let agent: Agent = Agent::config_builder()
        .https_only(true)
        .timeout_global(Some(TIMEOUT))
        .user_agent("paypos-xtask")
        .tls_config(tls)
        .build()
        .into();
    let failed = |error: ureq::Error| match error {
        ureq::Error::StatusCode(status) => anyhow!(
            "{url}: the server responded with {status}; check the address in openapi/sources.toml, or save the page and give \
             the file"
        ),
        ureq::Error::BodyExceedsLimit(_) => anyhow!(too_large(url)),
        ureq::Error::Timeout(_) => {
            anyhow!(
                "{url}: it took longer than {} s; check the network, or save the page and give the file",
                TIMEOUT.as_secs()
            )
        }
        error => anyhow::Error::new(error).context(format!(
            "{url}: the page cannot be fetched; check the network, or save the page and give the file"
        )),
    };
    let mut response = agent.get(url).call().map_err(failed)?;
    response.body_mut().with_config().limit(MAX_PAGE).read_to_vec().map_err(failed)
}

type Documents = Vec<(Document, String)>;

/// The documents of a page, each with its text, and what else is on it that looks like one.
///
/// A page without a document is an error, and so is a block that begins as one and cannot be read.
fn documents(page: &str, text: &str) -> Result<(Documents, Vec<String>)> {
    let blocks = if is_bare(text) {
        vec![(page.to_owned(), text.to_owned())]
    } else {
        let blocks = blocks(text).into_iter();
        blocks.map(|(line, block)| (format!("{page}, line {line}"), block)).collect()
    };
    let (mut found, mut set_aside) = (Vec::new(), Vec::new());
    for (place, block) in &blocks {
        match what(block) {
            What::Other => {}
            What::NoOperation(what) => {
                set_aside.push(format!("{place}: it describes {what}, and no operation; it is set aside"));
            }
            What::Operations => found.push((Document::parse(place, block)?, pretty(block))),
        }
    }
    if found.is_empty() {
        const EXPECTED: &str =
            "expected a fenced block of JSON that begins with {\"openapi\": …, or a bare JSON document";
        let seen = text.lines().position(|line| line.contains("openapi") && line.contains("paths"));
        match seen {
            Some(i) => bail!(
                "{page}: line {} has what looks like a document, and no block is JSON of one; {EXPECTED}",
                i + 1
            ),
            None => bail!("{page}: it has no OpenAPI document; {EXPECTED}"),
        }
    }
    Ok((found, set_aside))
}

/// Whether a page is JSON, and not Markdown, which may begin with a brace as well: `{% hint %}`.
fn is_bare(text: &str) -> bool {
    let members = text.trim_start().strip_prefix('{').map(str::trim_start);
    members.is_some_and(|members| members.is_empty() || members.starts_with(['"', '}']))
}

/// The fenced blocks, each with the line that it begins at: at any depth of quotes, lists, tabs and HTML, and whatever
/// their language, as a reader sees them. To a parser of Markdown, one that is indented, or within HTML, is no fence.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize, String)> = None;
    for (line, n) in text.lines().zip(1..) {
        let bare = line.trim_start_matches(|c: char| c.is_whitespace() || c == '>');
        let item = bare.trim_start_matches(|c: char| c.is_ascii_digit() || "-*.) ".contains(c));
        let mark = item.chars().next().filter(|mark| matches!(mark, '`' | '~'));
        let fence: String = item.chars().take_while(|c| Some(*c) == mark).collect();
        match &mut open {
            None if fence.len() >= 3 => open = Some((fence, n, String::new())),
            None => {}
            Some((opening, ..)) if fence.starts_with(opening.as_str()) && bare.trim_end() == fence => {
                blocks.extend(open.take().map(|(_, n, block)| (n, block)));
            }
            Some((.., block)) => block.extend([bare, "\n"]),
        }
    }
    blocks.extend(open.map(|(_, n, block)| (n, block)));
    blocks
}

/// What a block is.
enum What {
    /// Meant to be a document; one that is cut off still is.
    Operations,
    /// A document of something else, in words.
    NoOperation(String),
    Other,
}

// Guard: pages::other_blocks_of_a_page_are_named_and_set_aside
fn what(block: &str) -> What {
    let Ok(json) = serde_json::from_str::<Value>(block) else {
        // With `&quot;` in place of its quotes, too.
        let is_meant = block.contains("openapi") && block.trim_start().starts_with('{');
        return if is_meant { What::Operations } else { What::Other };
    };
    let names = |key: &str| {
        json[key].as_object().map(|members| members.keys().cloned().collect::<Vec<_>>().join(", "))
    };
    if json.get("openapi").or(json.get("swagger")).is_none() {
        return What::Other;
    }
    if json["paths"].as_object().is_some_and(|paths| !paths.is_empty()) || json.get("swagger").is_some() {
        return What::Operations;
    }
    let schemas = json["components"]["schemas"].as_object();
    let schemas = schemas.map(|schemas| schemas.keys().cloned().collect::<Vec<_>>().join(", "));
    match (names("webhooks"), schemas) {
        (Some(webhooks), _) => What::NoOperation(format!("the webhooks {webhooks}")),
        (None, Some(schemas)) => What::NoOperation(format!("the schemas {schemas}")),
        _ => What::NoOperation("nothing".to_owned()),
    }
}
