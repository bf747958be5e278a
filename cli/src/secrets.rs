//! Reads secrets from a file, standard input, the environment, or a prompt without echo. Never from an argument, which
//! every process on the machine can read.

use std::{
    env, fs,
    io::{self, Read, Write},
    path::Path,
};

use crate::console::{Console, Failure};

/// Maximum size of a key file, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// A secret, and where it may come from.
pub(crate) struct Secret {
    pub(crate) what: &'static str,
    pub(crate) option: &'static str,
    pub(crate) variable: &'static str,
}

/// Reads a secret from a file or standard input. For Paynet, falls back to the environment and then to a prompt; a key
/// in the environment is never sent to a simulator. Returns the secret and its source, or `None` if there is none.
pub(crate) async fn read(
    console: &Console,
    secret: &Secret,
    file: Option<&Path>,
    is_for_paynet: bool,
) -> Result<Option<(String, String)>, Failure> {
    let Secret { what, option, variable } = secret;
    if let Some(path) = file {
        let source = format!("{option} {}", path.display());
        let unreadable =
            |error: io::Error| Failure::usage(format!("{source}: the {what} cannot be read: {error}"));
        let mut bytes = Vec::new();
        if path == Path::new("-") {
            io::stdin().take(MAX_FILE).read_to_end(&mut bytes).map_err(unreadable)?;
        } else {
            let file = fs::File::open(path).map_err(unreadable)?;
            if is_open_to_others(&file) {
                console.warn(&format!(
                    "{source}: others can read it; keep the {what} in a file that is only yours"
                ));
            }
            file.take(MAX_FILE).read_to_end(&mut bytes).map_err(unreadable)?;
        }
        let text = text(&bytes)
            .ok_or_else(|| Failure::usage(format!("{source}: it is neither UTF-8 nor UTF-16")))?;
        return Ok(Some((text, source)));
    }
    // Set to nothing is not set.
    let set = env::var_os(variable).filter(|value| !value.is_empty());
    match set {
        // Guard: shell::keys_of_the_environment_are_for_paynet_and_never_sent_to_a_simulator
        Some(_) if !is_for_paynet => {
            console.warn(&format!("{variable} is not sent to the simulator; pass {option} to send a key"));
            Ok(None)
        }
        Some(value) => {
            let text =
                value.into_string().map_err(|_| Failure::usage(format!("{variable} is not valid UTF-8")))?;
            Ok(Some((text.trim().to_owned(), (*variable).to_owned())))
        }
        None if is_for_paynet && console.asks() => {
            let text = rpassword::prompt_password(format!("{what}: "))
                .map_err(|error| Failure::usage(format!("the {what} cannot be read: {error}")))?;
            // A signal may have come meanwhile.
            tokio::task::yield_now().await;
            Ok(Some((text.trim().to_owned(), (*what).to_owned())))
        }
        None => Ok(None),
    }
}

/// Returns whether anybody but its owner can read a file, as far as the operating system says so in its mode.
fn is_open_to_others(file: &fs::File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

/// Decodes a text as editors and shells write it: with a byte order mark, surrounding blanks, or in UTF-16.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    let utf_16 = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|unit| from([unit[0], unit[1]])).collect();
        String::from_utf16(&units).ok()
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => utf_16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf_16(u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    };
    text.map(|text| text.trim_start_matches('\u{feff}').trim().to_owned())
}

/// Creates files that only their owner can read.
pub(crate) fn owners() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A new file that only its owner can read. It is removed when dropped, unless the secret was written.
pub(crate) struct NewFile<'a> {
    path: &'a Path,
    file: fs::File,
    is_written: bool,
}

impl<'a> NewFile<'a> {
    pub(crate) fn create(path: &'a Path) -> Result<Self, Failure> {
        let file = owners().open(path).map_err(|error| {
            Failure::usage(format!("--write-key {}: the file cannot be created: {error}", path.display()))
        })?;
        Ok(Self { path, file, is_written: false })
    }

    pub(crate) fn write(mut self, secret: &str) -> io::Result<()> {
        writeln!(self.file, "{secret}").and_then(|()| self.file.sync_all())?;
        self.is_written = true;
        Ok(())
    }
}

impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if !self.is_written {
            let _ = fs::remove_file(self.path);
        }
    }
}
