//! Reads rows, by the names of their columns.

use std::str::FromStr;

use paypos::{Decimal, Secret};
use sqlx::{ColumnIndex, Decode, Row, Type};

use super::{Change, Event, Figures, Read, Unreadable};
use crate::orders::Payment;

/// A row of either database.
pub(super) trait Columns {
    fn number(&self, column: &str) -> sqlx::Result<i64>;
    fn some_number(&self, column: &str) -> sqlx::Result<Option<i64>>;
    fn text(&self, column: &str) -> sqlx::Result<String>;
    fn some_text(&self, column: &str) -> sqlx::Result<Option<String>>;
}

impl<R> Columns for R
where
    R: Row,
    for<'a> &'a str: ColumnIndex<R>,
    i64: for<'a> Decode<'a, <R as Row>::Database> + Type<<R as Row>::Database>,
    String: for<'a> Decode<'a, <R as Row>::Database> + Type<<R as Row>::Database>,
{
    fn number(&self, column: &str) -> sqlx::Result<i64> {
        self.try_get(column)
    }

    fn some_number(&self, column: &str) -> sqlx::Result<Option<i64>> {
        self.try_get(column)
    }

    fn text(&self, column: &str) -> sqlx::Result<String> {
        self.try_get(column)
    }

    fn some_text(&self, column: &str) -> sqlx::Result<Option<String>> {
        self.try_get(column)
    }
}

pub(super) fn payment(row: &impl Columns) -> sqlx::Result<Read> {
    // Without its key, it is no payment.
    let unreadable = |problem| {
        Ok(Unreadable {
            reference: row.text("reference")?,
            kind: row.text("kind")?,
            attempt: row.number("attempt")?,
            state: row.text("state")?,
            problem,
        })
    };
    match try_payment(row) {
        Ok(payment) => Ok(Ok(payment)),
        Err(problem) => unreadable(problem).map(Err),
    }
}

fn try_payment(row: &impl Columns) -> sqlx::Result<Payment> {
    let session = row.some_text("payment_session")?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Payment {
        reference: row.text("reference")?,
        kind: word(row, "kind")?,
        attempt: row.number("attempt")?,
        terminal: row.text("terminal")?,
        amount: word::<Decimal>(row, "amount")?,
        reversal_of: row.some_text("reversal_of")?,
        state: word(row, "state")?,
        reason: row.some_text("reason")?,
        payment_session: session.map_err(|error| sqlx::Error::Decode(error.into()))?,
        deeplink_url: row.some_text("deeplink_url")?,
        encryption_key: row.some_text("encryption_key")?.map(Secret::from),
        transaction_id: row.some_text("transaction_id")?,
        is_declined: row.number("is_declined")? != 0,
        created_at: row.number("created_at")?,
        decided_at: row.some_number("decided_at")?,
        due_at: row.some_number("due_at")?,
        looks: row.number("looks")?,
        is_resolved: row.number("is_resolved")? != 0,
        version: row.number("version")?,
    })
}

pub(super) fn event(row: &impl Columns) -> sqlx::Result<Event> {
    Ok(Event {
        at: row.number("at")?,
        attempt: row.number("attempt")?,
        state: row.text("state")?,
        by: row.text("by_whom")?,
        reason: row.some_text("reason")?,
        payment_session_id: row.some_text("payment_session_id")?,
        transaction_id: row.some_text("transaction_id")?,
    })
}

pub(super) fn figures(row: &impl Columns) -> sqlx::Result<Figures> {
    Ok(Figures {
        needs_attention: row.number("needs_attention")?,
        unfinished: row.number("unfinished")?,
        oldest_initiating: row.some_number("oldest_initiating")?,
        overdue: row.number("overdue")?,
    })
}

pub(super) fn change(row: &impl Columns) -> sqlx::Result<Change> {
    Ok((row.text("reference")?, row.text("kind")?, row.number("attempt")?, row.number("version")?))
}

pub(super) fn number(row: &impl Columns) -> sqlx::Result<i64> {
    row.number("number")
}

pub(super) fn reference(row: &impl Columns) -> sqlx::Result<String> {
    row.text("reference")
}

fn word<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &impl Columns,
    column: &str,
) -> sqlx::Result<T> {
    row.text(column)?.parse().map_err(|error: T::Err| sqlx::Error::Decode(error.into()))
}
