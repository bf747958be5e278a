//! Keeps the payments that a walk has started and not reversed, in a file that only its owner can read. An
//! interruption loses none of them.

use std::{fs, io, path::Path, path::PathBuf};

use paypos::PaymentSession;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    console::{Done, Failure},
    secrets::private_file,
};

const FILE: &str = "verify.unreversed.json";

/// A payment session that was handed to the phone.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Started {
    pub(super) reference_no: String,
    pub(super) payment_session: PaymentSession,
}

/// A sale that was paid.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Paid {
    pub(super) xact_id: String,
    pub(super) sale: Started,
    /// Properties that identify its transaction if the id is written in another way.
    pub(super) marks: Vec<Value>,
    /// Its reversal, once it was started.
    pub(super) reversal: Option<Started>,
}

#[derive(Default, Deserialize, Serialize)]
pub(super) struct Kept {
    /// Sales that may be paid.
    pub(super) started: Vec<Started>,
    /// Sales that are paid and not reversed.
    pub(super) paid: Vec<Paid>,
    /// The sale that was reversed last.
    pub(super) reversed: Option<Paid>,
    #[serde(skip)]
    file: PathBuf,
}

impl Kept {
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let file = folder.join(FILE);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { file, ..Self::default() });
            }
            Err(error) => return Err(Failure::usage(format!("{} cannot be read: {error}", file.display()))),
        };
        // Nothing of a payment is shown.
        let kept = serde_json::from_slice(&text).map_err(|_| {
            Failure::usage(format!(
                "{} is not what an earlier walk left: reverse its sales in Paynet's panel, then remove it",
                file.display()
            ))
        })?;
        Ok(Self { file, ..kept })
    }

    pub(super) fn write(&self) -> Done {
        let written = if self.started.is_empty() && self.paid.is_empty() && self.reversed.is_none() {
            fs::remove_file(&self.file).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })
        } else {
            private_file(&self.file, &serde_json::to_vec(self).unwrap_or_default())
        };
        written
            .map_err(|error| Failure::Unknown(format!("{} cannot be written: {error}", self.file.display())))
    }

    /// Returns the references of sales that are paid, or may be.
    pub(super) fn open(&self) -> Vec<&str> {
        let started = self.started.iter().map(|started| started.reference_no.as_str());
        started.chain(self.paid.iter().map(|paid| paid.sale.reference_no.as_str())).collect()
    }
}
