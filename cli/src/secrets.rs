//! Where secrets come from: a file, standard input, the environment, or a prompt without echo; never an
//! argument, which every process of the machine could read.

use std::{
    env, fs,
    io::{self, Read, Write},
    path::Path,
};

use crate::console::{Console, Failure};

/// Far more than any key has.
const MAX_FILE: u64 = 64 * 1024;

/// Reads a secret from a file or `-`; then from a variable; then asks for it. None, if it is nowhere.
pub(crate) fn read(
    console: &Console,
    what: &str,
    file: Option<&Path>,
    variable: &str,
    ask: bool,
) -> Result<Option<String>, Failure> {
    let text = match file {
        Some(path) if path == Path::new("-") => Some(limited(io::stdin(), what, "standard input")?),
        Some(path) => {
            let name = path.display().to_string();
            let file = fs::File::open(path)
                .map_err(|error| Failure::usage(format!("the {what} cannot be read from {name}: {error}")))?;
            Some(limited(file, what, &name)?)
        }
        None => match env::var(variable) {
            Ok(text) => Some(text),
            Err(env::VarError::NotPresent) if ask && console.asks() => Some(
                rpassword::prompt_password(format!("{what}: "))
                    .map_err(|error| Failure::usage(format!("the {what} cannot be read: {error}")))?,
            ),
            Err(env::VarError::NotPresent) => None,
            Err(_) => return Err(Failure::usage(format!("{variable} is not text"))),
        },
    };
    Ok(text.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn limited(source: impl Read, what: &str, name: &str) -> Result<String, Failure> {
    let mut text = String::new();
    source
        .take(MAX_FILE)
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("the {what} cannot be read from {name}: {error}")))?;
    Ok(text)
}

/// Writes a secret to a new file that only its owner can read.
pub(crate) fn write(path: &Path, secret: &str) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| writeln!(file, "{secret}"));
    written.map_err(|error| {
        Failure::usage(format!("the session key cannot be written to {}: {error}", path.display()))
    })
}
