//! The file of `--record`: a line of JSON for each command and each exchange, of one environment and one dealer.

use std::{
    collections::BTreeSet,
    fs,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{console::Failure, secrets::owners};

/// A key that is wrong on purpose, to see what Paynet answers.
pub(crate) const WRONG: &str = "wrong-on-purpose";

/// A line of a recording.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Recording(Header),
    Command(Command),
    Exchange(Box<Exchange>),
    Ended(Ended),
}

/// The first line.
#[derive(Deserialize, Serialize)]
pub(crate) struct Header {
    paypos: String,
    pub(crate) environment: String,
    server: String,
    /// Makes the names of keys unique to this file.
    salt: String,
}

/// A command, before it sends anything.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(crate) struct Command {
    /// What its exchanges have in common.
    pub(crate) run: String,
    pub(crate) at: Timestamp,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference_no: Option<String>,
    /// The amount that the phone showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shown: Option<String>,
}

/// That the library knows of a command that nothing happened: it was not sent, or rejected.
#[derive(Deserialize, Serialize)]
pub(crate) struct Ended {
    pub(crate) run: String,
}

/// A request and its response, without what is secret or personal.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(crate) struct Exchange {
    /// The command that it is of.
    pub(crate) run: String,
    /// Its place in the recording: a clock may be set back.
    #[serde(skip)]
    pub(crate) place: usize,
    pub(crate) at: Timestamp,
    pub(crate) ms: u64,
    pub(crate) operation: String,
    /// The name of the key that it was sent with, or [`WRONG`].
    pub(crate) key: String,
    /// The name of the session key that a logout is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) of_session: Option<String>,
    /// The name of the user that a session was opened for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    /// What was asked for.
    pub(crate) asked: Value,
    /// `None` if there was no response.
    pub(crate) status: Option<u16>,
    pub(crate) version: String,
    /// Whether the response had a `Retry-After`.
    pub(crate) has_retry_after: bool,
    /// Whether the body of the response was empty.
    pub(crate) is_empty: bool,
    /// The name of the session key that was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opened: Option<String>,
    /// `None` if it is no JSON.
    pub(crate) body: Option<Value>,
}

/// What a recording has.
pub(crate) struct Recording {
    pub(crate) header: Header,
    pub(crate) commands: Vec<Command>,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) ended: Vec<Ended>,
    /// How many lines cannot be read.
    pub(crate) unreadable: usize,
}

impl Recording {
    /// Reads a file. One that cannot be read is an error, and never an empty recording.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let text = fs::read(path)
            .map_err(|error| Failure::usage(format!("{name}: the recording cannot be read: {error}")))?;
        Self::parse(&text).ok_or_else(|| {
            Failure::usage(format!("{name} is no recording; expected a file of `--record FILE`"))
        })
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let Line::Recording(header) = serde_json::from_slice(lines.next()?).ok()? else { return None };
        let (commands, exchanges, ended) = (Vec::new(), Vec::new(), Vec::new());
        let mut recording = Self { header, commands, exchanges, ended, unreadable: 0 };
        for (place, line) in lines.enumerate() {
            match serde_json::from_slice(line) {
                Ok(Line::Command(command)) => recording.commands.push(command),
                Ok(Line::Exchange(exchange)) => recording.exchanges.push(Exchange { place, ..*exchange }),
                Ok(Line::Ended(ended)) => recording.ended.push(ended),
                Ok(Line::Recording(_)) | Err(_) => recording.unreadable += 1,
            }
        }
        Some(recording)
    }
}

/// A recording that is appended to.
pub(crate) struct File {
    path: PathBuf,
    salt: String,
    /// The command that writes.
    run: String,
    state: Mutex<State>,
}

struct State {
    file: fs::File,
    /// The references of this dealer's payments.
    references: BTreeSet<String>,
    /// The name of the dealer's secret key, once a session was opened with it.
    dealer: Option<String>,
    /// The names of the session keys that were opened.
    sessions: BTreeSet<String>,
    /// Why something could not be written.
    lost: Option<io::Error>,
}

impl File {
    /// Opens a recording of an environment, or creates one that only its owner can read.
    // Guard: verify::a_recording_is_of_one_environment_and_one_dealer_and_never_taken_for_none
    pub(crate) fn open(path: &Path, environment: &str, server: &str) -> Result<Self, Failure> {
        let unusable = |what: String| Failure::usage(format!("--record {}: {what}", path.display()));
        let cannot = |error: io::Error| unusable(format!("it cannot be written: {error}"));
        if !path.try_exists().map_err(cannot)? {
            create(path, environment, server).map_err(cannot)?;
        }
        let mut file = fs::OpenOptions::new().read(true).append(true).open(path).map_err(cannot)?;
        let mut text = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut text)).map_err(cannot)?;
        let recording = Recording::parse(&text)
            .ok_or_else(|| unusable("it is no recording, and is left as it is".to_owned()))?;
        if (recording.header.environment.as_str(), recording.header.server.as_str()) != (environment, server)
        {
            let Header { environment, server, .. } = &recording.header;
            return Err(unusable(format!("it is of {environment} ({server}); give another file")));
        }
        if !text.ends_with(b"\n") {
            // What was cut is not taken for the beginning of the next line.
            file.write_all(b"\n").map_err(cannot)?;
        }
        let mut state =
            State { file, references: BTreeSet::new(), dealer: None, sessions: BTreeSet::new(), lost: None };
        recording.commands.iter().for_each(|command| state.note(&Line::Command(command.clone())));
        let exchanges = recording.exchanges.into_iter().map(|exchange| Line::Exchange(Box::new(exchange)));
        exchanges.for_each(|line| state.note(&line));
        let (path, salt) = (path.to_owned(), recording.header.salt);
        Ok(Self { path, salt, run: random(), state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends the line of a command. Nothing is sent if that fails.
    pub(crate) fn begin(&self, command: Command) -> Result<(), Failure> {
        let command = Command { run: self.run.clone(), at: Timestamp::now(), ..command };
        self.append(&Line::Command(command));
        match self.lost() {
            None => Ok(()),
            Some(problem) => Err(Failure::usage(format!("{problem}; nothing was sent"))),
        }
    }

    /// Appends an exchange of this command.
    pub(crate) fn exchanged(&self, exchange: Exchange) {
        self.append(&Line::Exchange(Box::new(Exchange { run: self.run.clone(), ..exchange })));
    }

    /// Appends that nothing happened.
    pub(crate) fn ended(&self) {
        self.append(&Line::Ended(Ended { run: self.run.clone() }));
    }

    /// Appends a whole line in one write, also while another command does.
    // Guard: verify::a_full_disk_is_reported_and_hides_nothing_obtained
    // Guard: verify::a_truncated_recording_answers_less_and_nothing_different
    // Guard: verify::many_commands_at_once_lose_no_line_and_a_killed_one_leaves_what_it_had
    fn append(&self, line: &Line) {
        let mut state = self.lock();
        state.note(line);
        let text = serde_json::to_string(line).unwrap_or_default() + "\n";
        let written = state.file.write_all(text.as_bytes()).and_then(|()| state.file.sync_data());
        if let Err(error) = written {
            state.lost.get_or_insert(error);
        }
    }

    /// Says what could not be written, if anything.
    pub(crate) fn lost(&self) -> Option<String> {
        let state = self.lock();
        let error = state.lost.as_ref()?;
        Some(format!("--record {}: it cannot be written: {error}", self.path.display()))
    }

    /// Returns a name of a secret or a person, which only this file has and which leads to neither.
    pub(crate) fn name_of(&self, text: &str) -> String {
        if text == WRONG {
            return WRONG.to_owned();
        }
        let hash = Sha256::digest(format!("{}{text}", self.salt));
        format!("{:016x}", hash.iter().take(8).fold(0_u64, |name, byte| name << 8 | u64::from(*byte)))
    }

    /// Returns the name of the key that a request is sent with.
    pub(crate) fn key_of(&self, headers: &HeaderMap) -> String {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let secret = || header("authorization").map(|value| value.trim_start_matches("Basic "));
        self.name_of(header("session-key").or_else(secret).unwrap_or_default())
    }

    /// Returns whether a text is a reference of this dealer's payments.
    pub(crate) fn is_ours(&self, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        self.lock().references.iter().any(|own| own.trim().to_lowercase() == text)
    }

    /// Refuses the secret key of another dealer.
    pub(crate) fn check_secret(&self, key: &str) -> Result<(), Failure> {
        let name = self.name_of(key);
        let is_own = self.lock().dealer.as_ref().is_none_or(|dealer| *dealer == name || name == WRONG);
        if is_own { Ok(()) } else { Err(self.of_another("secret key")) }
    }

    /// Refuses a session that was not opened in this recording: it could be another dealer's.
    pub(crate) fn check_session(&self, key: &str) -> Result<(), Failure> {
        let name = self.name_of(key);
        let is_own = name == WRONG || self.lock().sessions.contains(&name);
        if is_own { Ok(()) } else { Err(self.of_another("session key")) }
    }

    fn of_another(&self, what: &str) -> Failure {
        Failure::usage(format!(
            "--record {}: this {what} is none of the dealer whose recording it is; open a session with `paypos session \
             open --record FILE`, or give another file",
            self.path.display()
        ))
    }
}

impl State {
    fn note(&mut self, line: &Line) {
        match line {
            Line::Recording(_) | Line::Ended(_) => {}
            Line::Command(command) => self.references.extend(command.reference_no.clone()),
            Line::Exchange(exchange) => {
                if let Some(opened) = &exchange.opened {
                    self.dealer.get_or_insert_with(|| exchange.key.clone());
                    self.sessions.insert(opened.clone());
                }
            }
        }
    }
}

/// Creates a recording with its first line, whole or not at all: two commands may begin at the same time.
fn create(path: &Path, environment: &str, server: &str) -> io::Result<()> {
    let header = Line::Recording(Header {
        paypos: env!("CARGO_PKG_VERSION").to_owned(),
        environment: environment.to_owned(),
        server: server.to_owned(),
        salt: random(),
    });
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", random()));
    let text = serde_json::to_string(&header).unwrap_or_default() + "\n";
    let written =
        owners().open(&name).and_then(|mut new| new.write_all(text.as_bytes()).and_then(|()| new.sync_all()));
    let linked = written.and_then(|()| fs::hard_link(&name, path));
    let _ = fs::remove_file(&name);
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A text that nobody guesses.
pub(crate) fn random() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}
